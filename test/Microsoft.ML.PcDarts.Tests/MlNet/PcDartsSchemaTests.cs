using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts.Tests.MlNet;

public sealed class PcDartsSchemaTests
{
    private static readonly ColumnNames Columns = new("Label", "Image", "Score", "PredictedLabel");
    private readonly MLContext _ml = new();

    [Fact]
    public void Check_RightColumns_Passes()
    {
        PcDartsSchema.Check(TinyModel.Keyed(_ml).Schema, Columns);
        PcDartsSchema.Check(Schema(("Label", new KeyDataViewType(typeof(byte), 2)), ("Image", new ImageDataViewType())), Columns);
    }

    public static TheoryData<string?, string?, string> Bad => new()
    {
        { null, "image", "Could not find label column 'Label'" },
        { "key", null, "Could not find feature column 'Image'" },
        { "text", "image", "Schema mismatch for label column 'Label': expected key type, got String" },
        { "number", "image", "Schema mismatch for label column 'Label': expected key type, got Single" },
        { "keys", "image", "Schema mismatch for label column 'Label': expected key type, got Vector<Key<UInt32" },
        { "key", "text", "Schema mismatch for feature column 'Image': expected MLImage, got String" },
        { "key", "vector", "Schema mismatch for feature column 'Image': expected MLImage, got Vector<Single" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Check_WrongColumn_SaysItInMlNetsWords(string? label, string? image, string message)
    {
        DataViewSchema schema = Schema(
            [.. new (string Name, string? Type)[] { ("Label", label), ("Image", image) }.Where(c => c.Type is not null)
                .Select(c => (c.Name, Type(c.Type!)))]);
        var fit = Assert.Throws<ArgumentOutOfRangeException>(() => PcDartsSchema.Check(schema, Columns));
        Assert.StartsWith(message, fit.Message);
        Assert.Equal("inputSchema", fit.ParamName);
        var shape = Assert.Throws<ArgumentOutOfRangeException>(() => PcDartsSchema.GetOutputSchema(Shape(schema), Columns));
        Assert.StartsWith(message, shape.Message);
        Assert.Equal("inputSchema", shape.ParamName);
    }

    [Fact]
    public void Fit_RawBytes_NamesLoadImages()
    {
        IDataView files = _ml.Data.LoadFromEnumerable([new { ImagePath = "a.jpg", Label = "a" }]);
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.Transforms.LoadRawImageBytes("Image", null, "ImagePath"))
            .Append(_ml.MulticlassClassification.Trainers.PcDarts());
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Fit(files)).Message;
        Assert.Contains("Byte", message, StringComparison.Ordinal);
        Assert.Contains("as LoadRawImageBytes gives them, are not decoded: use ml.Transforms.LoadImages(\"Image\", null, "
            + "\"ImagePath\") in its place", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_LabelWithoutKey_NamesMapValueToKey()
    {
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MulticlassClassification.Trainers.PcDarts()
            .Fit(TinyModel.Data(_ml))).Message;
        Assert.Contains("Append ml.Transforms.Conversion.MapValueToKey(\"Label\") before the trainer", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_AfterACache_SaysThatItDropsPictures()
    {
        IDataView cached = _ml.Data.Cache(TinyModel.Keyed(_ml));
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MulticlassClassification.Trainers.PcDarts()
            .Fit(cached)).Message;
        Assert.StartsWith("Could not find feature column 'Image'. The columns are ", message, StringComparison.Ordinal);
        Assert.Contains("a cache after it (ml.Data.Cache, AppendCacheCheckpoint) dropped the column", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_KeyWithOneValue_AsksForTwo()
    {
        DataViewSchema schema = Schema(("Label", new KeyDataViewType(typeof(uint), 1)), ("Image", new ImageDataViewType()));
        Assert.Contains("expected key type with at least 2 values",
            Assert.Throws<ArgumentOutOfRangeException>(() => PcDartsSchema.Check(schema, Columns)).Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Features")]
    public void GetOutputSchema_OfTrainingData_PromisesWhatTheModelGives(string? pooledFeatures)
    {
        IDataView data = TinyModel.Keyed(_ml);
        ColumnNames columns = Columns with { PooledFeatures = pooledFeatures };
        using var tiny = new TinyModel(_ml, data.Schema, columns: columns);
        SchemaShape promised = PcDartsSchema.GetOutputSchema(Shape(data.Schema), columns);
        SchemaShape given = Shape(tiny.Transformer.GetOutputSchema(data.Schema));
        Assert.Equal(given.Select(c => c.Name).Distinct().Order(), promised.Select(c => c.Name).Order());
        foreach (string name in columns.Outputs)
        {
            SchemaShape.Column expected = given.Last(c => c.Name == name), actual = promised.Single(c => c.Name == name);
            Assert.Equal((expected.Kind, expected.ItemType, expected.IsKey), (actual.Kind, actual.ItemType, actual.IsKey));
            Assert.Equal(expected.Annotations.Select(a => a.Name)
                .Intersect(["SlotNames", "KeyValues", "ScoreColumnKind", "ScoreColumnSetId"]).Order(),
                actual.Annotations.Select(a => a.Name)
                    .Intersect(["SlotNames", "KeyValues", "ScoreColumnKind", "ScoreColumnSetId"]).Order());
        }
    }

    [Fact]
    public void GetOutputSchema_ThenMapKeyToValue_GivesText()
    {
        SchemaShape output = PcDartsSchema.GetOutputSchema(Shape(TinyModel.Keyed(_ml).Schema),
            new ColumnNames("Label", "Image", "P", "Guess"));
        SchemaShape.Column name = _ml.Transforms.Conversion.MapKeyToValue("Name", "Guess").GetOutputSchema(output)
            .Single(c => c.Name == "Name");
        Assert.Equal(TextDataViewType.Instance, name.ItemType);
        Assert.Equal(SchemaShape.Column.VectorKind.Vector, output.Single(c => c.Name == "P").Kind);
    }

    [Fact]
    public void CheckValidation_SameColumns_Passes()
        => PcDartsSchema.CheckValidation(TinyModel.Keyed(_ml).Schema, TinyModel.Keyed(_ml, 12).Schema, Columns);

    [Fact]
    public void CheckValidation_OtherColumnsOrKeys_NamesTheDifference()
    {
        DataViewSchema training = TinyModel.Keyed(_ml).Schema;
        string Message(DataViewSchema schema)
            => Assert.Throws<ArgumentOutOfRangeException>(() => PcDartsSchema.CheckValidation(training, schema, Columns)).Message;
        Assert.Contains("'Label' in the validation set: expected Key<UInt32, 0-2>, got String", Message(TinyModel.Data(_ml).Schema));
        Assert.Contains("got Key<UInt32, 0-1>", Message(TinyModel.Keyed(_ml, 9, "cat", "dog").Schema));
        Assert.Contains("expected key value 2 'dog', got 'eel'", Message(TinyModel.Keyed(_ml, 9, "cat", "eel", "dog").Schema));
        Assert.Contains("Could not find label column 'Label' in the validation set", Message(Schema(("Image", new ImageDataViewType()))));
        IDataView noImage = _ml.Transforms.DropColumns("Image").Fit(TinyModel.Keyed(_ml)).Transform(TinyModel.Keyed(_ml));
        Assert.Contains("Could not find feature column 'Image' in the validation set", Message(noImage.Schema));
    }

    private static DataViewType Type(string name) => name switch
    {
        "key" => new KeyDataViewType(typeof(uint), 3),
        "keys" => new VectorDataViewType(new KeyDataViewType(typeof(uint), 3), 2),
        "text" => TextDataViewType.Instance,
        "number" => NumberDataViewType.Single,
        "vector" => new VectorDataViewType(NumberDataViewType.Single, 5),
        "image" => new ImageDataViewType(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static DataViewSchema Schema(params (string Name, DataViewType Type)[] columns)
    {
        var builder = new DataViewSchema.Builder();
        foreach ((string name, DataViewType type) in columns)
            builder.AddColumn(name, type);
        return builder.ToSchema();
    }

    private static SchemaShape Shape(DataViewSchema schema) => Create(null, schema);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod)]
    private static extern SchemaShape Create(SchemaShape? type, DataViewSchema schema);
}
