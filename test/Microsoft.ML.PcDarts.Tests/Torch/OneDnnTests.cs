using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Torch;

/// <summary>Results of libtorch's convolutions on this machine, and where oneDNN is turned off for them.</summary>
public sealed class OneDnnTests
{
    private const int Vendor = 0, Highest = unchecked((int)0x80000000), Caches = unchecked((int)0x8000001D);
    private static readonly (int, int, int, int) Amd = (0xD, 0x68747541, 0x444D4163, 0x69746E65),
        Intel = (0xD, 0x756E6547, 0x6C65746E, 0x49656E69);

    [Theory]
    [InlineData(true, 0x21, 0, true)] // a virtual machine on a processor of family 26
    [InlineData(true, 0x21, 0x4121, false)] // such a processor itself: 32 KiB of data
    [InlineData(true, 0x1A, 0, false)] // an older one, which describes its caches elsewhere
    [InlineData(false, 0x21, 0, false)]
    public void HidesCaches_Processor_IsToldByItsAnswers(bool isAmd, int highest, int firstCache, bool expected)
        => Assert.Equal(expected, TorchRuntime.HidesCaches((leaf, _) => leaf switch
        {
            Vendor => isAmd ? Amd : Intel,
            Highest => (unchecked((int)0x80000000) | highest, 0, 0, 0),
            Caches => (firstCache, 0, 0, 0),
            _ => throw new ArgumentOutOfRangeException(nameof(leaf)),
        }));

    [Theory]
    [InlineData(4, 4, 3, 2)]
    [InlineData(4, 4, 5, 2)]
    [InlineData(8, 8, 3, 2)]
    [InlineData(1, 12, 3, 1)]
    [InlineData(1, 4, 3, 1)]
    public void Conv2d_ChannelsThatFillNoVector_HasExactGradients(int groups, int outputs, int kernel, int dilation)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor images = randn([2, groups == 1 ? 3 : groups, 8, 8], generator: generator),
            weight = randn([outputs, groups == 1 ? 3 : 1, kernel, kernel], generator: generator);
        if (groups > 1)
            images = images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

        Tensor actual = Gradient(images, weight), exact = Gradient(images.to(float64), weight.to(float64));

        Assert.True((actual.to(float64) - exact).abs().max().item<double>() <= 1e-4);

        Tensor Gradient(Tensor input, Tensor kernels)
        {
            Tensor variable = input.detach().requires_grad_(true);
            long padding = dilation * (kernel / 2);
            nn.functional.conv2d(variable, kernels, null, [1, 1], [padding, padding], [dilation, dilation], groups).square()
                .sum().backward();
            return variable.grad!;
        }
    }
}
