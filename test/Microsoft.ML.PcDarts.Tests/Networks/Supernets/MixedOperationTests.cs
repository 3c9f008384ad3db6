using System.Globalization;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Networks.Supernets;

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
        ModuleWeights.Import(mixed, NetworkComparison.Below(file, "weight"));
        mixed.train();
        Tensor input = NetworkComparison.ToTensor(file.Tensors["input"]).requires_grad_();
        Tensor weights = NetworkComparison.ToTensor(file.Tensors["op_weights"]).requires_grad_();

        Tensor output = mixed.Forward(input, weights.unbind());
        output.backward([NetworkComparison.ToTensor(file.Tensors["output_grad"])]);

        NetworkComparison.AssertClose(output, file.Tensors["output"], NetworkComparison.OutputTolerance, "output");
        NetworkComparison.AssertClose(input.grad, file.Tensors["input_grad"], NetworkComparison.GradientTolerance, "input gradient");
        NetworkComparison.AssertClose(weights.grad, file.Tensors["op_weights_grad"], NetworkComparison.GradientTolerance,
            "operation weights' gradient");
        NetworkComparison.AssertGradients(mixed, file);
    }
}
