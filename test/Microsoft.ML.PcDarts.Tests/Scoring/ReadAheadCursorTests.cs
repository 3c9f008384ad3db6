using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Scoring;

namespace Microsoft.ML.PcDarts.Tests.Scoring;

/// <summary>The cursor alone, over a source that nothing of ML.NET's reads ahead.</summary>
public sealed class ReadAheadCursorTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TinyModel _tiny;
    private readonly ScoringSession _session;
    private int _enumerated;

    public ReadAheadCursorTests()
    {
        _tiny = new TinyModel(_ml, TinyModel.Keyed(_ml).Schema);
        _session = new ScoringSession(_tiny.Model.Writer().Backbone("Pixels", "Features").ToByteArray(),
            new ScoringSettings { Threads = 3 });
    }

    public void Dispose()
    {
        _session.Dispose();
        _tiny.Dispose();
    }

    [Fact]
    public void MoveNext_ManyRows_GivesEachItsOwnValues()
    {
        using ReadAheadCursor cursor = Cursor(700);
        ValueGetter<int> getNumber = cursor.GetGetter<int>(cursor.Schema["Number"]);
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Features"]);
        float[] expected = new float[_session.OutputLength];
        VBuffer<float> features = default;
        int number = 0, rows = 0;
        Assert.Throws<InvalidOperationException>(() => getNumber(ref number));
        for (; cursor.MoveNext(); rows++)
        {
            getNumber(ref number);
            getFeatures(ref features);
            getFeatures(ref features);
            Assert.Equal((rows, rows), (number, cursor.Position));
            _session.Run(Row.PixelsOf(rows), expected, 1);
            SavedPipeline.AssertClose(expected, features.DenseValues());
        }
        Assert.Equal(700, rows);
        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void MoveNext_FeaturesNeverAskedFor_GoesToTheEnd()
    {
        using ReadAheadCursor cursor = Cursor(300);
        int rows = 0;
        while (cursor.MoveNext())
            rows++;
        Assert.Equal(300, rows);
    }

    [Fact]
    public void MoveNext_SourceThatFails_FailsAtThatRow()
    {
        using ReadAheadCursor cursor = Cursor(100, failingRow: 21);
        for (int row = 0; row < 21; row++)
            Assert.True(cursor.MoveNext());
        Assert.Throws<NotSupportedException>(() => cursor.MoveNext());
    }

    [Fact]
    public void GetFeatures_PixelsThatFail_FailsForThatRowOnly()
    {
        using ReadAheadCursor cursor = Cursor(100, failingPixels: 21);
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Features"]);
        VBuffer<float> features = default;
        for (int row = 0; cursor.MoveNext(); row++)
        {
            if (row == 21)
                Assert.Contains("gave 3 values", Assert.Throws<InvalidOperationException>(() => getFeatures(ref features)).Message);
            else
                getFeatures(ref features);
        }
    }

    [Fact]
    public void MoveNext_Once_ReadsAFewRows()
    {
        using ReadAheadCursor cursor = Cursor(1000);
        Assert.True(cursor.MoveNext());
        Assert.InRange(_enumerated, 1, 2 * 64);
    }

    [Fact]
    public void Dispose_WithBatchesUnderWay_LeavesTheSessionFree()
    {
        ReadAheadCursor cursor = Cursor(1000);
        Assert.True(cursor.MoveNext());
        cursor.Dispose();
        _session.Dispose();
        cursor.Dispose();
    }

    [Fact]
    public void GetFeatures_SessionClosed_SaysSo()
    {
        using ReadAheadCursor cursor = Cursor(1000);
        _session.Dispose();
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Features"]);
        VBuffer<float> features = default;
        Assert.True(cursor.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => getFeatures(ref features));
    }

    [Fact]
    public void GetGetter_OfAnotherTypeOrColumn_SaysSo()
    {
        using ReadAheadCursor cursor = Cursor(3);
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(cursor.Schema["Number"]));
        Assert.Throws<ArgumentException>(() => cursor.GetGetter<VBuffer<byte>>(cursor.Schema["Pixels"]));
        Assert.Equal([false, true, true], cursor.Schema.Select(cursor.IsColumnActive));
    }

    private ReadAheadCursor Cursor(int rows, int failingRow = -1, int failingPixels = -1)
    {
        var definition = SchemaDefinition.Create(typeof(Row));
        definition["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Byte);
        IDataView source = _ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, rows).Select(i =>
            {
                _enumerated++;
                if (i == failingRow)
                    throw new NotSupportedException();
                return new Row { Number = i, Pixels = i == failingPixels ? [1, 2, 3] : Row.PixelsOf(i) };
            }),
            definition);
        var schema = new DataViewSchema.Builder();
        schema.AddColumns(source.Schema);
        schema.AddColumn("Features", new VectorDataViewType(NumberDataViewType.Single, _session.OutputLength));
        DataViewSchema output = schema.ToSchema();
        return new ReadAheadCursor(
            output, source.GetRowCursor(source.Schema), [output["Number"]], source.Schema["Pixels"], output["Features"], _session);
    }

    private sealed class Row
    {
        public byte[] Pixels { get; set; } = [];

        public int Number { get; set; }

        public static byte[] PixelsOf(int number)
        {
            byte[] pixels = new byte[3 * TinyModel.Width * TinyModel.Height];
            new Random(number).NextBytes(pixels);
            return pixels;
        }
    }
}
