using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>A cell as an operation of torch's automatic differentiation.</summary>
internal sealed unsafe class CellFunction : autograd.SingleTensorFunction<CellFunction>
{
    private const string Pass = "pass";

    public override string Name => nameof(CellFunction);

    /// <summary>Computes a cell; gradients of its weights arrive in the parameters' <c>grad</c> during the backward pass.</summary>
    /// <param name="plan">The cell.</param>
    /// <param name="buffers">Memory shared by the cells of a network.</param>
    /// <param name="input0">[N, C0, H0, W0] float32 on the CPU.</param>
    /// <param name="input1">[N, C1, H1, W1].</param>
    /// <param name="mixture">[edges, operations + 1], or null.</param>
    /// <param name="training">Whether norms take the batch's statistics.</param>
    /// <param name="keep">[edges, N, 1, 1, 1], factors of the edges' outputs while paths are dropped; or null.</param>
    /// <param name="memorySaving">Whether the backward pass computes the cell again instead of keeping its maps.</param>
    /// <returns>[N, concat · C, H, W].</returns>
    internal static Tensor Apply(CellPlan plan, CellBuffers buffers, Tensor input0, Tensor input1, Tensor? mixture, bool training, Tensor? keep, bool memorySaving)
    {
        using Tensor dense0 = input0.contiguous(), dense1 = input1.contiguous(), none = empty(0);
        CellPass pass = new(plan, (int)dense0.size(0), Shape(dense0), Shape(dense1), training, keep is null ? null : CellMemory.Read(keep), buffers);
        Tensor output = apply(dense0, dense1, mixture ?? none, pass);
        if (memorySaving || !output.requires_grad)
            pass.Release();
        return output;

        static PlaneShape Shape(Tensor map) => new((int)map.size(2), (int)map.size(3));
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor input0, Tensor input1, Tensor mixture, CellPass pass) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (CellPass)vars[3]);
        Tensor output = empty([input0.size(0), pass.OutputChannels, pass.Output.Height, pass.Output.Width], ScalarType.Float32);
        pass.Forward(CellMemory.Pointer(input0), CellMemory.Pointer(input1), mixture.numel() == 0 ? null : CellMemory.Pointer(mixture), CellMemory.Pointer(output));
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
        pass.Backward(CellMemory.Pointer(dense), Pointer(gradients[0]), Pointer(gradients[1]), Pointer(gradients[2]));
        pass.Release();
        return [gradients[0]!, gradients[1]!, gradients[2]!, null!];

        static float* Pointer(Tensor? tensor) => tensor is null ? null : CellMemory.Pointer(tensor);
    }
}
