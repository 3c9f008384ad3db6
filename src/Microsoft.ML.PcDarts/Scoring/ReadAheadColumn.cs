using System.Reflection;
using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>Values of one column for rows that were read ahead, by slot.</summary>
internal abstract class ReadAheadColumn
{
    private static readonly MethodInfo CreateOf =
        ((Func<DataViewRow, DataViewSchema.Column, int, ReadAheadColumn>)Create<int>).Method.GetGenericMethodDefinition();

    private static readonly MethodInfo CreateVectorOf =
        ((Func<DataViewRow, DataViewSchema.Column, int, ReadAheadColumn>)CreateVector<int>).Method.GetGenericMethodDefinition();

    /// <summary>A column of any type that can be kept.</summary>
    /// <param name="row">Where the values come from.</param>
    /// <param name="column">Its column.</param>
    /// <param name="slots">Number of values to keep.</param>
    public static ReadAheadColumn Create(DataViewRow row, DataViewSchema.Column column, int slots)
    {
        MethodInfo create = column.Type is VectorDataViewType vector
            ? CreateVectorOf.MakeGenericMethod(vector.ItemType.RawType)
            : CreateOf.MakeGenericMethod(column.Type.RawType);
        return create.CreateDelegate<Func<DataViewRow, DataViewSchema.Column, int, ReadAheadColumn>>()(row, column, slots);
    }

    /// <summary>Keeps the present row's value. An exception is kept too, since nobody may ask for this value.</summary>
    public abstract void Read(int slot);

    /// <summary>A getter of kept values.</summary>
    /// <param name="slot">Which to give.</param>
    public abstract Delegate Getter(Func<int> slot);

    private static ReadAheadColumn<T> Create<T>(DataViewRow row, DataViewSchema.Column column, int slots) =>
        new(row.GetGetter<T>(column), slots, static (in value, ref result) => result = value);

    private static ReadAheadColumn<VBuffer<T>> CreateVector<T>(DataViewRow row, DataViewSchema.Column column, int slots) =>
        new(row.GetGetter<VBuffer<T>>(column), slots, static (in value, ref result) => value.CopyTo(ref result));
}

/// <inheritdoc/>
internal sealed class ReadAheadColumn<T>(ValueGetter<T> source, int slots, ReadAheadColumn<T>.Copy copy) : ReadAheadColumn
{
    private readonly T[] _values = new T[slots];
    private readonly ExceptionDispatchInfo?[] _errors = new ExceptionDispatchInfo?[slots];

    /// <summary>Gives a value away; what the vector shares with nobody stays here.</summary>
    public delegate void Copy(in T value, ref T result);

    public override void Read(int slot)
    {
        _errors[slot] = null;
        try
        {
            source(ref _values[slot]);
        }
        catch (Exception error)
        {
            _errors[slot] = ExceptionDispatchInfo.Capture(error);
        }
    }

    public override Delegate Getter(Func<int> slot) => (ValueGetter<T>)((ref value) =>
    {
        int present = slot();
        _errors[present]?.Throw();
        copy(in _values[present], ref value);
    });
}
