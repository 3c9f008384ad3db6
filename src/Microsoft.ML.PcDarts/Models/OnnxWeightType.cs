using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// How the weights of convolutions and of the classifier are stored in an ONNX file. All else, and all computation, is float32.
/// </summary>
[SuppressMessage("Naming", "CA1720:Identifiers should not contain type names", Justification = "These are the formats' names.")]
public enum OnnxWeightType
{
    /// <summary>As they were trained: four bytes a weight.</summary>
    Float32,

    /// <summary>Rounded to float16 (11 significant bits): two bytes a weight.</summary>
    Float16,

    /// <summary>Rounded to 255 steps between −m and m, where m is the largest weight of the output channel: one byte a weight.</summary>
    Int8,
}
