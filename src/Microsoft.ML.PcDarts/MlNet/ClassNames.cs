using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>Names of the classes of a key column.</summary>
internal static class ClassNames
{
    private const string KeyValues = "KeyValues";

    /// <summary>
    /// The key values of <paramref name="label"/> as text, in key order: text as it is, numbers in the invariant culture. A key column
    /// without values gives "1", "2", … up to its cardinality.
    /// </summary>
    /// <exception cref="ArgumentException">The column is not a key.</exception>
    public static string[] Of(DataViewSchema.Column label)
    {
        int classes = Count(label);
        if (label.Annotations.Schema.GetColumnOrNull(KeyValues) is not { Type: VectorDataViewType values })
            return [.. Enumerable.Range(1, classes).Select(key => key.ToString(CultureInfo.InvariantCulture))];

        Type item = values.ItemType.RawType;
        return item == typeof(ReadOnlyMemory<char>) ? Read<ReadOnlyMemory<char>>(label)
            : item == typeof(float) ? Read<float>(label)
            : item == typeof(double) ? Read<double>(label)
            : item == typeof(int) ? Read<int>(label)
            : item == typeof(uint) ? Read<uint>(label)
            : item == typeof(long) ? Read<long>(label)
            : item == typeof(ulong) ? Read<ulong>(label)
            : item == typeof(short) ? Read<short>(label)
            : item == typeof(ushort) ? Read<ushort>(label)
            : item == typeof(sbyte) ? Read<sbyte>(label)
            : item == typeof(byte) ? Read<byte>(label)
            : item == typeof(bool) ? Read<bool>(label)
            : item == typeof(DateTime) ? Read<DateTime>(label)
            : item == typeof(DateTimeOffset) ? Read<DateTimeOffset>(label)
            : item == typeof(TimeSpan) ? Read<TimeSpan>(label)
            : throw new ArgumentException(
                $"The key values of column '{label.Name}' are of type {values.ItemType}, which has no text form. "
                    + "Use text or numeric key values.",
                nameof(label));
    }

    /// <summary>Cardinality of the key column.</summary>
    /// <exception cref="ArgumentException">The column is not a key, or has more than 2³¹−1 values.</exception>
    public static int Count(DataViewSchema.Column label)
    {
        if (label.Type is not KeyDataViewType key)
            throw new ArgumentException(
                $"Column '{label.Name}' is of type {label.Type}; a key is needed. "
                    + $"Append ml.Transforms.Conversion.MapValueToKey(\"{label.Name}\").",
                nameof(label));
        return key.Count <= int.MaxValue
            ? (int)key.Count
            : throw new ArgumentException(
                $"Column '{label.Name}' has {key.Count} key values; a class list of that length is a mistake. "
                    + "Map the labels with MapValueToKey.",
                nameof(label));
    }

    private static string[] Read<T>(DataViewSchema.Column label)
    {
        VBuffer<T> values = default;
        label.Annotations.GetValue(KeyValues, ref values);
        return [.. values.DenseValues().Select(value => value switch
        {
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value?.ToString() ?? "",
        })];
    }
}
