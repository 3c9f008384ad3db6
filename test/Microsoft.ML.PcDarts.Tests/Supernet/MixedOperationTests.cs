using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class MixedOperationTests
{
    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("mixed_op_k2_stride1")]
    [InlineData("mixed_op_k2_stride2")]
    [InlineData("mixed_op_k4_stride1")]
    [InlineData("mixed_op_k4_stride2")]
    public void Forward_PaperWeights_GivesPaperOutputAndGradients(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile file = Golden.Read(name + ".safetensors");
        int Number(string key) => int.Parse(file.Metadata[key], CultureInfo.InvariantCulture);
        using MixedOperation mixed = new(Number("C"), Number("stride"), Number("K"));
        ModuleWeights.Import(mixed, Networks.Below(file, "weight"));
        mixed.train();
        Tensor input = Networks.ToTensor(file.Tensors["input"]).requires_grad_();
        Tensor weights = Networks.ToTensor(file.Tensors["op_weights"]).requires_grad_();

        Tensor output = mixed.Forward(input, weights.unbind());
        output.backward([Networks.ToTensor(file.Tensors["output_grad"])]);

        Networks.AssertClose(output, file.Tensors["output"], Networks.OutputTolerance, "output");
        Networks.AssertClose(input.grad, file.Tensors["input_grad"], Networks.GradientTolerance, "input gradient");
        Networks.AssertClose(weights.grad, file.Tensors["op_weights_grad"], Networks.GradientTolerance, "operation weights' gradient");
        Networks.AssertGradients(mixed, file);
    }
}
