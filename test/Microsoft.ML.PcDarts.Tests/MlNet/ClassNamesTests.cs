using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts.Tests.MlNet;

public sealed class ClassNamesTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Of_TextKeyValues_GivesThemInKeyOrder()
        => Assert.Equal(["zebra", "ant"],
            ClassNames.Of(Mapped(new[] { new Row<string> { Label = "zebra" }, new Row<string> { Label = "ant" } })));

    [Fact]
    public void Of_NumericKeyValues_FormatsThemInvariantly()
    {
        Assert.Equal(["1.5", "-2"], ClassNames.Of(Mapped(new[] { new Row<float> { Label = 1.5f }, new Row<float> { Label = -2 } })));
        Assert.Equal(["7", "3"], ClassNames.Of(Mapped(new[] { new Row<int> { Label = 7 }, new Row<int> { Label = 3 } })));
        Assert.Equal(["True", "False"], ClassNames.Of(Mapped(new[] { new Row<bool> { Label = true }, new Row<bool> { Label = false } })));
    }

    [Fact]
    public void Of_KeyWithoutValues_CountsFromOne()
        => Assert.Equal(["1", "2", "3"], ClassNames.Of(_ml.Data.LoadFromEnumerable(new[] { new KeyRow { Label = 2 } }).Schema["Label"]));

    [Fact]
    public void Of_NotAKey_NamesTheRemedy()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new Row<string> { Label = "a" } });
        ArgumentException error = Assert.Throws<ArgumentException>(() => ClassNames.Of(data.Schema["Label"]));
        Assert.Contains("MapValueToKey(\"Label\")", error.Message, StringComparison.Ordinal);
    }

    private DataViewSchema.Column Mapped<T>(IEnumerable<Row<T>> rows)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        return _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data).Schema["Label"];
    }

    private sealed class Row<T>
    {
        public T Label { get; set; } = default!;
    }

    private sealed class KeyRow
    {
        [KeyType(3)]
        public byte Label { get; set; }
    }
}
