using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Torch;

public sealed class TensorNumbersTests
{
    [Fact]
    public void Integers_StayIntegers()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor range = TensorNumbers.Range(4, CPU);
        Assert.Equal([0L, 1L, 2L, 3L], range.data<long>());
        Assert.Equal([-1L, 1L, 3L, 5L], range.Times(2).Plus(-1).data<long>());
        Assert.Equal([0L, 2L, 4L, 6L], range.Plus(range).data<long>());
        Assert.Equal([false, true, true, false], range.IsWithin(1, 3).data<bool>());
    }

    [Fact]
    public void Floats_NewTensors()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor((float[])[-1, 2]);
        Assert.Equal([-0.5f, 2.5f], values.Plus(0.5).data<float>());
        Assert.Equal([-0.5f, 1f], values.Times(0.5).data<float>());
        Assert.Equal([-1.5f, 3f], values.Plus(values, 0.5).data<float>());
        Assert.Equal([-1f, 1f], values.AtMost(1).data<float>());
        Assert.Equal([-1f, 2f], values.data<float>());
    }

    [Fact]
    public void Floats_InPlace()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor((float[])[-1, 2]), term = tensor((float[])[10, 20]);
        values.Accumulate(term);
        Assert.Equal([9f, 22f], values.data<float>());
        values.Accumulate(term, -0.5);
        Assert.Equal([4f, 12f], values.data<float>());
        values.Accumulate(1);
        Assert.Equal([5f, 13f], values.data<float>());
        values.Scale(2);
        Assert.Equal([10f, 26f], values.data<float>());
        values.Fill(3);
        Assert.Equal([3f, 3f], values.data<float>());
    }
}
