using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>Properties of a run that hold from its start to its end, in both phases.</summary>
internal sealed record RunSetup
{
    public required Device Device { get; init; }

    public required int Seed { get; init; }

    /// <summary>Weights of the classes in the loss, [classes] float32; null when all count alike.</summary>
    public Tensor? ClassWeights { get; init; }

    /// <summary>Whether cells compute their maps a second time in the backward pass instead of keeping them.</summary>
    public bool MemorySaving { get; init; }
}
