namespace Microsoft.ML.PcDarts.Formats;

/// <summary>A tensor in managed memory: a shape and row-major values. The arrays are held, not copied.</summary>
internal sealed class TensorData
{
    private readonly Array _values;

    public TensorData(long[] shape, float[] values)
        : this(shape, values, TensorDType.Float32)
    {
    }

    public TensorData(long[] shape, long[] values)
        : this(shape, values, TensorDType.Int64)
    {
    }

    public TensorData(long[] shape, byte[] values)
        : this(shape, values, TensorDType.UInt8)
    {
    }

    private TensorData(long[] shape, Array values, TensorDType dtype)
    {
        if (shape.Any(d => d < 0) || shape.Aggregate(1L, (product, d) => checked(product * d)) != values.LongLength)
            throw new ArgumentException($"Shape [{string.Join(", ", shape)}] does not hold {values.LongLength} values.", nameof(shape));
        Shape = shape;
        DType = dtype;
        _values = values;
    }

    /// <summary>The dimensions; empty for a scalar.</summary>
    public long[] Shape { get; }

    public TensorDType DType { get; }

    /// <summary>The number of values.</summary>
    public int Count => _values.Length;

    /// <summary>The values of a float32 tensor.</summary>
    /// <exception cref="InvalidOperationException">The tensor has another type.</exception>
    public float[] Floats => Get<float>();

    /// <summary>The values of an int64 tensor.</summary>
    /// <exception cref="InvalidOperationException">The tensor has another type.</exception>
    public long[] Longs => Get<long>();

    /// <summary>The values of a uint8 tensor.</summary>
    /// <exception cref="InvalidOperationException">The tensor has another type.</exception>
    public byte[] Bytes => Get<byte>();

    private T[] Get<T>() => _values as T[]
        ?? throw new InvalidOperationException($"The tensor holds {DType} values, not {typeof(T).Name}.");
}
