using System.Text.Json.Serialization;
using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Where a run stands: the part of a checkpoint that is not tensors.</summary>
internal sealed record RunState
{
    /// <summary>Any but <see cref="TrainingPhase.Reading"/>.</summary>
    [JsonIgnore]
    public TrainingPhase Phase => Progress.Phase;

    public required PhaseProgress Progress { get; init; }

    /// <summary>Time that <c>Fit</c> had taken, all attempts together.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>All whole epochs.</summary>
    public required IReadOnlyList<EpochMetrics> Epochs { get; init; }

    /// <summary>Length of the metrics file; what a later attempt finds behind it belongs to steps that are done again.</summary>
    public required long MetricsBytes { get; init; }

    /// <summary>Result of the search; null while it runs.</summary>
    public SearchResult? Found { get; init; }

    /// <summary>Shape of the network that is trained; null before.</summary>
    public NetworkShape? Shape { get; init; }
}

/// <summary>A run at a moment between two steps.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Tensors">Weights and running statistics, α and β, the optimizers' memory, the best weights so far, the random generator's
/// state; docs/workspace.md names them.</param>
internal sealed record Checkpoint(RunState State, IReadOnlyDictionary<string, TensorData> Tensors)
{
    /// <summary>Whether losses and tensors are all finite numbers.</summary>
    public bool IsFinite => double.IsFinite(State.Progress.Sums.Loss)
        && State.Progress switch
        {
            SearchProgress search => double.IsFinite(search.ArchitectureSums.Loss),
            SelectionProgress selection => double.IsFinite(selection.SecondHalfSums.Loss),
            _ => true,
        }
        && Tensors.Values.All(tensor => tensor.DType != TensorDType.Float32 || Array.TrueForAll(tensor.Floats, float.IsFinite));
}
