namespace Microsoft.ML.PcDarts.Formats;

/// <summary>Element types that a <see cref="TensorData"/> can hold.</summary>
internal enum TensorDType
{
    /// <summary>F32.</summary>
    Float32,

    /// <summary>I64.</summary>
    Int64,

    /// <summary>U8.</summary>
    UInt8,
}
