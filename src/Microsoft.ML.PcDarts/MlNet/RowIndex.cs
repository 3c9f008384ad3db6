using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>The labels and identities of a data view's rows, found in one pass that decodes no picture.</summary>
/// <param name="Rows">0-based class (−1: missing) and ML.NET's row id, by position.</param>
/// <param name="MissingLabels">Rows without a label.</param>
internal sealed record RowIndex((long Label, DataViewRowId Id)[] Rows, int MissingLabels)
{
    private const int CancellationStride = 4096;

    /// <summary>Reads the label column.</summary>
    /// <exception cref="ArgumentException">The data view has more than 2³¹−1 rows or the label is not a key.</exception>
    public static RowIndex Build(IDataView input, DataViewSchema.Column label, CancellationToken cancellation)
    {
        ulong classes = (ulong)ClassNames.Count(label);
        List<(long, DataViewRowId)> rows = [];
        int missing = 0;
        using DataViewRowCursor cursor = input.GetRowCursor([label]);
        Func<ulong> key = KeyGetter(cursor, label);
        ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
        DataViewRowId id = default;
        while (cursor.MoveNext())
        {
            if (rows.Count % CancellationStride == 0)
                cancellation.ThrowIfCancellationRequested();
            ulong value = key();
            getId(ref id);
            bool known = value > 0 && value <= classes;
            missing += known ? 0 : 1;
            rows.Add((known ? (long)value - 1 : -1, id));
        }
        return new RowIndex([.. rows], missing);
    }

    private static Func<ulong> KeyGetter(DataViewRow row, DataViewSchema.Column column)
        => Type.GetTypeCode(column.Type.RawType) switch
        {
            TypeCode.Byte => Getter<byte>(row, column, value => value),
            TypeCode.UInt16 => Getter<ushort>(row, column, value => value),
            TypeCode.UInt32 => Getter<uint>(row, column, value => value),
            _ => Getter<ulong>(row, column, value => value),
        };

    private static Func<ulong> Getter<T>(DataViewRow row, DataViewSchema.Column column, Func<T, ulong> widen)
        where T : struct
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        T value = default;
        return () =>
        {
            getter(ref value);
            return widen(value);
        };
    }
}
