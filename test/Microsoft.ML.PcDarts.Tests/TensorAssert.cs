using TorchSharp;

namespace Microsoft.ML.PcDarts.Tests;

internal static class TensorAssert
{
    /// <summary>Same dtype, shape and every element.</summary>
    public static void Equal(torch.Tensor expected, torch.Tensor actual)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        using torch.Tensor same = expected.eq(actual);
        using torch.Tensor all = same.all();
        Assert.True(all.item<bool>());
    }
}
