using TorchSharp;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void Torch_OnThisMachine_Loads()
    {
        using torch.Tensor sum = torch.ones(3).sum();
        Assert.Equal(3f, sum.item<float>());
    }
}
