using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.PcDarts;

/// <summary>Number format of the maps between a network's layers while it is searched and trained.</summary>
[SuppressMessage("Naming", "CA1720:Identifiers should not contain type names", Justification = "These are the formats' names.")]
public enum TrainingPrecision
{
    /// <summary>IEEE 754 single precision.</summary>
    Float32,

    /// <summary>bfloat16: the range of float32 with 8 bits of precision. Half of the memory; meant for GPUs.</summary>
    BFloat16,
}
