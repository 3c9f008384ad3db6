using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class ReadAheadTests
{
    [Fact]
    public void Of_SlowAndFastMakers_KeepsTheirOrder()
    {
        // Every other item takes longer than the one after it.
        IEnumerable<Func<Item>> makers = Enumerable.Range(0, 20).Select(i => (Func<Item>)(() =>
        {
            if (i % 2 == 0)
                Thread.Sleep(2);
            return new Item(i);
        }));
        Assert.Equal(Enumerable.Range(0, 20), ReadAhead.Of(makers).Select(item => item.Number));
    }

    [Fact]
    public void Of_OneItem_GivesIt() => Assert.Equal(7, Assert.Single(ReadAhead.Of<Item>([() => new Item(7)])).Number);

    [Fact]
    public void Of_NoItems_IsEmpty() => Assert.Empty(ReadAhead.Of<Item>([]));

    [Fact]
    public void Of_CurrentItemInUse_TheNextIsMadeMeanwhile()
    {
        using var second = new ManualResetEventSlim();
        using IEnumerator<Item> items = ReadAhead.Of<Item>([() => new Item(0), () =>
        {
            second.Set();
            return new Item(1);
        }
        ]).GetEnumerator();
        Assert.True(items.MoveNext());
        Assert.True(second.Wait(TimeSpan.FromMinutes(1)));
        Assert.Equal(0, items.Current.Number);
    }

    [Fact]
    public void Of_CallerStopsEarly_DisposesWhatWasMadeInVain()
    {
        Item[] made = [new(0), new(1), new(2)];
        using (IEnumerator<Item> items = ReadAhead.Of(made.Select(item => (Func<Item>)(() => item))).GetEnumerator())
            Assert.True(items.MoveNext());
        Assert.Equal([false, true, false], made.Select(item => item.Disposed));
    }

    [Fact]
    public void Of_AMakerFails_ThrowsItsErrorAtItsPlaceAndDisposesTheNext()
    {
        var next = new Item(2);
        using IEnumerator<Item> items = ReadAhead.Of<Item>([() => new Item(0), () => throw new InvalidDataException("broken"), () => next])
            .GetEnumerator();
        Assert.True(items.MoveNext());
        Assert.Equal("broken", Assert.Throws<InvalidDataException>(() => items.MoveNext()).Message);
        Assert.True(next.Disposed);
    }

    private sealed class Item(int number) : IDisposable
    {
        public int Number { get; } = number;

        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;
    }
}
