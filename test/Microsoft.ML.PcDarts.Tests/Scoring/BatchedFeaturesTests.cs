using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts.Tests.Scoring;

/// <summary>Transform on a fitted model, which reads ahead, against the same model loaded from its file, which does not.</summary>
public sealed class BatchedFeaturesTests : IDisposable
{
    private const int Count = 150;
    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly TinyModel _tiny;
    private readonly ITransformer _loaded;

    public BatchedFeaturesTests()
    {
        IDataView data = Data(3);
        _tiny = new TinyModel(_ml, data.Schema);
        _ml.Model.Save(_tiny.Transformer, data.Schema, _folder.File("m.zip"));
        _loaded = new MLContext().Model.Load(_folder.File("m.zip"), out _);
    }

    public void Dispose()
    {
        (_loaded as IDisposable)?.Dispose();
        _tiny.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Transform_RowsOfManyTypes_EqualsRowByRow()
    {
        Output[] expected = Enumerate(_loaded.Transform(Data(Count))), actual = Enumerate(_tiny.Transformer.Transform(Data(Count)));
        Assert.Equal(Count, actual.Length);
        AssertSame(expected, actual);
    }

    [Fact]
    public void Transform_Schema_IsThatOfTheChain()
    {
        DataViewSchema expected = _loaded.Transform(Data(1)).Schema, actual = _tiny.Transformer.Transform(Data(1)).Schema;
        Assert.Equal(expected.Select(Describe), actual.Select(Describe));

        static string Describe(DataViewSchema.Column column) =>
            $"{column.Name} {column.Index} {column.Type} {column.IsHidden} "
                + $"{string.Join(", ", column.Annotations.Schema.Select(annotation => annotation.ToString()))}";
    }

    [Fact]
    public void GetRowCursor_IdsAndPositions_AreThoseOfTheChain()
    {
        Assert.Equal(Walk(_loaded.Transform(Data(Count))), Walk(_tiny.Transformer.Transform(Data(Count))));

        static List<(DataViewRowId, long)> Walk(IDataView view)
        {
            using DataViewRowCursor cursor = view.GetRowCursor([view.Schema["Score"]]);
            ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
            List<(DataViewRowId, long)> rows = [];
            DataViewRowId id = default;
            while (cursor.MoveNext())
            {
                getId(ref id);
                rows.Add((id, cursor.Position));
            }
            Assert.False(cursor.MoveNext());
            return rows;
        }
    }

    [Fact]
    public void GetRowCursorSet_OfAnySize_CoversEveryRowOnce()
    {
        IDataView scored = _tiny.Transformer.Transform(Data(Count));
        DataViewRowCursor[] cursors = scored.GetRowCursorSet([scored.Schema["Score"], scored.Schema["Number"]], 4);
        List<float> numbers = [];
        Parallel.ForEach(cursors, cursor =>
        {
            using (cursor)
            {
                ValueGetter<float> getNumber = cursor.GetGetter<float>(scored.Schema["Number"]);
                ValueGetter<VBuffer<float>> getScore = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
                VBuffer<float> score = default;
                float number = 0;
                while (cursor.MoveNext())
                {
                    getNumber(ref number);
                    getScore(ref score);
                    lock (numbers)
                        numbers.Add(number);
                }
            }
        });
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (float)i), numbers.Order());
    }

    [Fact]
    public void Transform_ThroughOtherViews_Agrees()
    {
        AssertSame(Views(_loaded), Views(_tiny.Transformer));

        Output[] Views(ITransformer model)
        {
            IDataView scored = model.Transform(Data(Count));
            return
            [
                .. Enumerate(_ml.Data.TakeRows(scored, 5)), .. Enumerate(_ml.Data.SkipRows(scored, Count - 5)),
                .. Enumerate(_ml.Data.Cache(scored)),
                .. Enumerate(_ml.Data.FilterRowsByColumn(scored, "Number", 40, 60)), .. Enumerate(_ml.Data.ShuffleRows(scored, seed: 3)),
            ];
        }
    }

    [Fact]
    public void Transform_PreviewAndPictureColumn_StillWork()
    {
        IDataView scored = _tiny.Transformer.Transform(Data(6));
        DataDebuggerPreview preview = scored.Preview();
        Assert.Equal(6, preview.RowView.Length);
        Assert.Equal(scored.Schema.Count, preview.ColumnView.Length);
        Assert.Equal(6, scored.GetColumn<MLImage>("Image").Count(image => image.Width > 0));
    }

    [Fact]
    public void Transform_WithoutScores_ReadsNoPicture()
    {
        IDataView files = _ml.Data.LoadFromEnumerable([new SavedPipeline.Row { ImagePath = "missing.png", Label = "cat" }]);
        IDataView rows = _ml.Transforms.LoadImages("Image", null, "ImagePath").Fit(files).Transform(files);
        Assert.Equal(["cat"], _tiny.Transformer.Transform(rows).GetColumn<string>("Label"));
    }

    [Fact]
    public void Transform_OneBadFile_FailsAsTheChainDoes()
    {
        IDataView files = _ml.Data.LoadFromEnumerable([new SavedPipeline.Row { ImagePath = "missing.png" }]);
        IDataView rows = _ml.Transforms.LoadImages("Image", null, "ImagePath").Fit(files).Transform(files);
        Assert.Equal(Failure(_loaded), Failure(_tiny.Transformer));

        string Failure(ITransformer model)
            => Assert.ThrowsAny<Exception>(() => model.Transform(rows).GetColumn<float[]>("Score").ToArray()).GetBaseException().Message;
    }

    [Fact]
    public void Transform_ModelDisposedMeanwhile_OpensANewSession()
    {
        IDataView scored = _tiny.Transformer.Transform(Data(Count));
        float[][] expected = [.. scored.GetColumn<float[]>("Score")];
        using (DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]))
        {
            Assert.True(cursor.MoveNext());
            _tiny.Transformer.Dispose();
        }
        Assert.Equal(expected, scored.GetColumn<float[]>("Score"));
    }

    [Fact]
    public void Transform_FromManyThreads_GivesEachTheSame()
    {
        float[][] expected = [.. _loaded.Transform(Data(Count)).GetColumn<float[]>("Score")];
        Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = 6 }, _ =>
        {
            float[][] actual = [.. _tiny.Transformer.Transform(Data(Count)).GetColumn<float[]>("Score")];
            Assert.All(expected.Zip(actual), pair => SavedPipeline.AssertClose(pair.First, pair.Second));
        });
    }

    [Fact]
    public void GetGetter_OfAnotherTypeOrColumn_SaysSo()
    {
        IDataView scored = _tiny.Transformer.Transform(Data(3));
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        Assert.ThrowsAny<Exception>(() => cursor.GetGetter<float>(scored.Schema["Score"]));
        Assert.ThrowsAny<Exception>(() => cursor.GetGetter<float>(scored.Schema["Number"]));
    }

    private IDataView Data(int count)
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(TinyModel.Pictures(count, "cat", "dog", "eel").Select((picture, i) => new Input
        {
            Image = picture.Image, Label = picture.Label, Number = i, Flag = i % 3 == 0, Text = new string('é', i % 7),
            Vector = [.. Enumerable.Range(0, i % 5).Select(v => v + 0.5)],
            Words = [$"{i}", "x"], When = new DateTime(2020, 1, 1).AddDays(i),
        }));
        return _ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Fit(rows).Transform(rows);
    }

    private Output[] Enumerate(IDataView view) => [.. _ml.Data.CreateEnumerable<Output>(view, reuseRowObject: false)];

    private static void AssertSame(Output[] expected, Output[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach ((Output one, Output other) in expected.Zip(actual))
        {
            SavedPipeline.AssertClose(one.Score, other.Score);
            Assert.Equal(one.PredictedLabel, other.PredictedLabel);
            Assert.Equal((one.Label, one.Number, one.Flag, one.Text, one.When),
                (other.Label, other.Number, other.Flag, other.Text, other.When));
            Assert.Equal(one.Vector, other.Vector);
            Assert.Equal(one.Words, other.Words);
        }
    }

    private class Columns
    {
        public float Number { get; set; }

        public bool Flag { get; set; }

        public string Text { get; set; } = "";

        public double[] Vector { get; set; } = [];

        [VectorType(2)]
        public string[] Words { get; set; } = [];

        public DateTime When { get; set; }
    }

    private sealed class Input : Columns
    {
        [ImageType(10, 12)]
        public MLImage? Image { get; set; }

        public string Label { get; set; } = "";
    }

    private sealed class Output : Columns
    {
        public uint Label { get; set; }

        public float[] Score { get; set; } = [];

        public uint PredictedLabel { get; set; }
    }
}
