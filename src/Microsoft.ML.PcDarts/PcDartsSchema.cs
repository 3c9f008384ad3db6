using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts;

/// <summary>What the trainer asks of its input and promises of its output, with ML.NET's own messages.</summary>
internal static class PcDartsSchema
{
    private const string ImageType = "MLImage";
    private const string KeyType = "key type";

    /// <summary>Checks the columns of training data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type, or the label has fewer than two key
    /// values.</exception>
    public static void Check(DataViewSchema inputSchema, ColumnNames columns)
    {
        DataViewSchema.Column label = inputSchema.GetColumnOrNull(columns.Label) ?? throw Missing("label", columns.Label);
        if (label.Type is not KeyDataViewType key)
            throw Mismatch("label", columns.Label, KeyType, label.Type);
        if (key.Count < 2)
            throw Mismatch("label", columns.Label, "key type with at least 2 values", key);
        DataViewSchema.Column feature = inputSchema.GetColumnOrNull(columns.Feature) ?? throw Missing("feature", columns.Feature);
        if (feature.Type is not ImageDataViewType)
            throw Mismatch("feature", columns.Feature, ImageType, feature.Type);
    }

    /// <summary>Checks the columns of a validation set against those of the training data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type, or the label's key values
    /// differ.</exception>
    public static void CheckValidation(DataViewSchema training, DataViewSchema validation, ColumnNames columns)
    {
        const string Set = " in the validation set";
        DataViewSchema.Column expected = training[columns.Label];
        DataViewSchema.Column label = validation.GetColumnOrNull(columns.Label) ?? throw Missing("label", columns.Label, Set);
        if (label.Type is not KeyDataViewType || !label.Type.Equals(expected.Type))
            throw Mismatch("label", columns.Label, expected.Type, label.Type, Set);
        string[] names = ClassNames.Of(expected), others = ClassNames.Of(label);
        int first = Enumerable.Range(0, names.Length).FirstOrDefault(i => names[i] != others[i], -1);
        if (first >= 0)
        {
            throw Mismatch("label", columns.Label, $"key value {first + 1} '{names[first]}'", $"'{others[first]}'; map both sets with one fitted MapValueToKey",
                Set);
        }
        DataViewSchema.Column feature = validation.GetColumnOrNull(columns.Feature) ?? throw Missing("feature", columns.Feature, Set);
        if (feature.Type is not ImageDataViewType)
            throw Mismatch("feature", columns.Feature, ImageType, feature.Type, Set);
    }

    /// <summary>The schema after the trainer: the input's columns, then a vector of probabilities with slot names and a predicted key
    /// with the label's key values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has the wrong type.</exception>
    public static SchemaShape GetOutputSchema(SchemaShape inputSchema, ColumnNames columns)
    {
        SchemaShape.Column label = Find(inputSchema, "label", columns.Label);
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw Mismatch("label", columns.Label, KeyType, TypeName(label));
        SchemaShape.Column feature = Find(inputSchema, "feature", columns.Feature);
        if (feature.ItemType is not ImageDataViewType || feature.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw Mismatch("feature", columns.Feature, ImageType, TypeName(feature));

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

    private static SchemaShape.Column Find(SchemaShape schema, string role, string name)
    {
        foreach (SchemaShape.Column column in schema)
        {
            if (column.Name == name)
                return column;
        }
        throw Missing(role, name);
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

    private static ArgumentOutOfRangeException Missing(string role, string name, string where = "") =>
        new("inputSchema", $"Could not find {role} column '{name}'{where}");

    private static ArgumentOutOfRangeException Mismatch(string role, string name, object expected, object actual, string where = "") =>
        new("inputSchema", $"Schema mismatch for {role} column '{name}'{where}: expected {expected}, got {actual}");
}
