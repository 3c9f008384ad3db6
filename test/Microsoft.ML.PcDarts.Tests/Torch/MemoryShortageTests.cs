using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Torch;

public sealed class MemoryShortageTests
{
    [Fact]
    public void IsCauseOf_TorchAllocatorFailure_IsTrue()
        => Assert.True(MemoryShortage.IsCauseOf(Assert.ThrowsAny<Exception>(() => empty(1L << 50))));

    [Fact]
    public void IsCauseOf_OtherTorchFailure_IsFalse()
        => Assert.False(MemoryShortage.IsCauseOf(Assert.ThrowsAny<Exception>(() => zeros(2, 3).mm(zeros(2, 3)))));

    [Fact]
    public void IsCauseOf_AThreadsFailure_LooksInside()
        => Assert.True(MemoryShortage.IsCauseOf(new AggregateException(new InvalidOperationException(), new OutOfMemoryException())));
}
