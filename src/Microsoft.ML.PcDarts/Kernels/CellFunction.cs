using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Interface to torch: a cell as an operation of torch's automatic differentiation.</summary>
internal sealed unsafe class CellFunction : autograd.SingleTensorFunction<CellFunction>
{
    private const string Pass = "pass";

    public override string Name => nameof(CellFunction);

    /// <summary>Computes a cell; the backward pass adds the gradients of its weights to the parameters' <c>grad</c>.</summary>
    /// <param name="plan">The cell.</param>
    /// <param name="buffers">Memory shared by the cells of a network.</param>
    /// <param name="input0">[N, C0, H0, W0] float32 on the CPU.</param>
    /// <param name="input1">[N, C1, H1, W1].</param>
    /// <param name="mixture">[edges, operations + 1], or null.</param>
    /// <param name="training">Whether norms use the statistics of the batch.</param>
    /// <param name="dropPathScales">[edges, N, 1, 1, 1]: drop-path's factor of each edge and image; null for 1.</param>
    /// <param name="memorySaving">Whether the backward pass computes the cell again instead of keeping its maps.</param>
    /// <returns>[N, concat · C, H, W].</returns>
    public static Tensor Apply(
        CellPlan plan, CellBuffers buffers, Tensor input0, Tensor input1, Tensor? mixture, bool training, Tensor? dropPathScales,
        bool memorySaving)
    {
        using Tensor dense0 = input0.contiguous(), dense1 = input1.contiguous(), none = empty(0);
        float[]? scales = dropPathScales is null ? null : TensorMemory.Read(dropPathScales);
        CellPass pass = new(plan, (int)dense0.size(0), Shape(dense0), Shape(dense1), training, scales, buffers);
        Tensor output = apply(dense0, dense1, mixture ?? none, pass);
        if (memorySaving || !output.requires_grad)
            pass.Release();
        return output;

        static PlaneShape Shape(Tensor map) => new((int)map.size(2), (int)map.size(3));
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor input0, Tensor input1, Tensor mixture) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var pass = (CellPass)vars[3];
        Tensor output = empty([input0.size(0), pass.OutputChannels, pass.OutputShape.Height, pass.OutputShape.Width], ScalarType.Float32);
        float* factors = mixture.numel() == 0 ? null : TensorMemory.Pointer(mixture);
        pass.Forward(TensorMemory.Pointer(input0), TensorMemory.Pointer(input1), factors, TensorMemory.Pointer(output));
        ctx.save_for_backward([input0, input1, mixture]);
        ctx.save_data(Pass, pass);
        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var pass = (CellPass)ctx.get_data(Pass);
        List<Tensor> saved = ctx.get_saved_variables();
        Tensor?[] gradients = [.. saved.Select(tensor => tensor.requires_grad ? empty(tensor.shape, ScalarType.Float32) : null)];
        using Tensor dense = grad_output.contiguous();
        pass.Backward(TensorMemory.Pointer(dense), Pointer(gradients[0]), Pointer(gradients[1]), Pointer(gradients[2]));
        pass.Release();
        return [gradients[0]!, gradients[1]!, gradients[2]!, null!];

        static float* Pointer(Tensor? tensor) => tensor is null ? null : TensorMemory.Pointer(tensor);
    }
}
