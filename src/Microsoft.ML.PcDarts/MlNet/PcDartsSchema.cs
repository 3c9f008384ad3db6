using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>The trainer's requirements on its input and promises about its output, with ML.NET's own messages.</summary>
internal static class PcDartsSchema
{
    private const string ImageType = "MLImage";
    private const string KeyType = "key type";

    /// <summary>Checks the columns of training data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type, or the label has fewer than two key
    /// values.</exception>
    public static void Check(DataViewSchema inputSchema, ColumnNames columns)
    {
        DataViewSchema.Column label = inputSchema.GetColumnOrNull(columns.Label)
            ?? throw Missing("label", columns.Label, remedy: RemedyForLabel(NamesOf(inputSchema)));
        if (label.Type is not KeyDataViewType key)
            throw Mismatch("label", columns.Label, KeyType, label.Type, remedy: Keyed(columns.Label));
        if (key.Count < 2)
            throw Mismatch("label", columns.Label, "key type with at least 2 values", key,
                remedy: "The data has one class; at least two are needed");
        DataViewSchema.Column feature = inputSchema.GetColumnOrNull(columns.Feature)
            ?? throw Missing("feature", columns.Feature, remedy: RemedyForFeature(columns, NamesOf(inputSchema)));
        if (feature.Type is not ImageDataViewType)
            throw Mismatch("feature", columns.Feature, ImageType, feature.Type,
                remedy: RemedyForFeatureType(columns.Feature, ItemOf(feature.Type), feature.Type is VectorDataViewType));
    }

    /// <summary>Checks the columns of a validation set against those of the training data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type, or the label's key values
    /// differ.</exception>
    public static void CheckValidation(DataViewSchema training, DataViewSchema validation, ColumnNames columns)
    {
        const string Set = " in the validation set";
        DataViewSchema.Column expected = training[columns.Label];
        DataViewSchema.Column label = validation.GetColumnOrNull(columns.Label)
            ?? throw Missing("label", columns.Label, Set, RemedyForLabel(NamesOf(validation)));
        if (label.Type is not KeyDataViewType || !label.Type.Equals(expected.Type))
            throw Mismatch("label", columns.Label, expected.Type, label.Type, Set, "Map both sets with one fitted MapValueToKey");
        string[] names = ClassNames.Of(expected), others = ClassNames.Of(label);
        int first = Enumerable.Range(0, names.Length).FirstOrDefault(i => names[i] != others[i], -1);
        if (first >= 0)
        {
            throw Mismatch("label", columns.Label, $"key value {first + 1} '{names[first]}'",
                $"'{others[first]}'; map both sets with one fitted MapValueToKey",
                Set);
        }
        DataViewSchema.Column feature = validation.GetColumnOrNull(columns.Feature)
            ?? throw Missing("feature", columns.Feature, Set, RemedyForFeature(columns, NamesOf(validation)));
        if (feature.Type is not ImageDataViewType)
            throw Mismatch("feature", columns.Feature, ImageType, feature.Type, Set,
                RemedyForFeatureType(columns.Feature, ItemOf(feature.Type), feature.Type is VectorDataViewType));
    }

    /// <summary>The schema after the trainer: the input's columns, then a vector of probabilities with slot names and a predicted key
    /// with the label's key values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type.</exception>
    public static SchemaShape GetOutputSchema(SchemaShape inputSchema, ColumnNames columns)
    {
        SchemaShape.Column label = Find(inputSchema, "label", columns.Label, RemedyForLabel(inputSchema.Select(column => column.Name)));
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw Mismatch("label", columns.Label, KeyType, TypeName(label), remedy: Keyed(columns.Label));
        SchemaShape.Column feature = Find(inputSchema, "feature", columns.Feature,
            RemedyForFeature(columns, inputSchema.Select(column => column.Name)));
        if (feature.ItemType is not ImageDataViewType || feature.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw Mismatch("feature", columns.Feature, ImageType, TypeName(feature),
                remedy: RemedyForFeatureType(columns.Feature, feature.ItemType, feature.Kind != SchemaShape.Column.VectorKind.Scalar));

        // ML.NET's own linear classifier says which annotations its score and predicted label carry; the model ends in that classifier.
        string features = columns.Label + ".Features";
        SchemaShape head = new MLContext().MulticlassClassification.Trainers.LbfgsMaximumEntropy(columns.Label, features).GetOutputSchema(
            new([label, MlNetAccess.ShapeColumn(features, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false, null)]));
        var output = inputSchema.Where(c => !columns.Outputs.Contains(c.Name)).ToList();
        output.Add(Renamed(Find(head, "score", DefaultColumnNames.Score), columns.Score));
        output.Add(Renamed(Find(head, "predicted label", DefaultColumnNames.PredictedLabel), columns.PredictedLabel));
        if (columns.PooledFeatures is { } pooled)
            output.Add(MlNetAccess.ShapeColumn(pooled, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false, null));
        return new SchemaShape(output);
    }

    private static SchemaShape.Column Renamed(SchemaShape.Column column, string name) =>
        MlNetAccess.ShapeColumn(name, column.Kind, column.ItemType, column.IsKey, column.Annotations);

    private static SchemaShape.Column Find(SchemaShape schema, string role, string name, string remedy = "")
    {
        foreach (SchemaShape.Column column in schema)
        {
            if (column.Name == name)
                return column;
        }
        throw Missing(role, name, remedy: remedy);
    }

    private static string TypeName(SchemaShape.Column column)
    {
        string item = column.IsKey ? $"Key<{column.ItemType}>" : $"{column.ItemType}";
        return column.Kind switch
        {
            SchemaShape.Column.VectorKind.Vector => $"Vector<{item}>",
            SchemaShape.Column.VectorKind.VariableVector => $"VarVector<{item}>",
            _ => item,
        };
    }

    private static IEnumerable<string> NamesOf(DataViewSchema schema)
        => schema.Where(column => !column.IsHidden).Select(column => column.Name);

    private static DataViewType ItemOf(DataViewType type) => type is VectorDataViewType vector ? vector.ItemType : type;

    private static string Keyed(string label) => $"Append ml.Transforms.Conversion.MapValueToKey(\"{label}\") before the trainer";

    private static string RemedyForLabel(IEnumerable<string> names)
        => $"The columns are {string.Join(", ", names)}; set LabelColumnName to the one with the classes, mapped with MapValueToKey";

    private static string RemedyForFeature(ColumnNames columns, IEnumerable<string> names)
        => $"The columns are {string.Join(", ", names)}. Append {Load(columns.Feature)} before the trainer, or set FeatureColumnName. "
            + "Where it is appended already, a cache after it (ml.Data.Cache, AppendCacheCheckpoint) "
            + "dropped the column, since ML.NET cannot keep pictures: put the cache before LoadImages, or leave it out, "
            + "as the trainer decodes each picture once";

    private static string RemedyForFeatureType(string feature, DataViewType item, bool isVector)
        => item == NumberDataViewType.Byte
            && isVector ? $"Bytes of files, as LoadRawImageBytes gives them, are not decoded: use {Load(feature)} in its place"
            : item is TextDataViewType ? $"Text names the files: append ml.Transforms.LoadImages(\"Picture\", null, \"{feature}\") and set "
                + "FeatureColumnName to \"Picture\""
            : isVector ? "Numbers, as ExtractPixels gives them, are no longer a picture: give the trainer the column of LoadImages; "
                + "it resizes and extracts pixels itself"
            : $"Give the trainer a column of pictures: {Load(feature)}";

    private static string Load(string feature) => $"ml.Transforms.LoadImages(\"{feature}\", null, \"ImagePath\")";

    private static ArgumentOutOfRangeException Missing(string role, string name, string where = "", string remedy = "") =>
        new("inputSchema", $"Could not find {role} column '{name}'{where}{Sentence(remedy)}");

    private static ArgumentOutOfRangeException Mismatch(string role, string name, object expected, object actual, string where = "",
        string remedy = "") =>
        new("inputSchema", $"Schema mismatch for {role} column '{name}'{where}: expected {expected}, got {actual}{Sentence(remedy)}");

    private static string Sentence(string remedy) => remedy.Length == 0 ? "" : $". {remedy}.";
}
