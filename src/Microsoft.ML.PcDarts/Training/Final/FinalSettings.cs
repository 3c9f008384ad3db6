using Microsoft.ML.PcDarts.Optimizers;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <summary>Length, optimizer, losses and rules of the final training.</summary>
internal sealed record FinalSettings
{
    public required int Epochs { get; init; }

    /// <summary>Pictures a step.</summary>
    public required int BatchSize { get; init; }

    public required OptimizerSettings Optimizer { get; init; }

    /// <summary>Weight of the auxiliary head's loss; 0 for no head.</summary>
    public required double AuxiliaryWeight { get; init; }

    public required double LabelSmoothing { get; init; }

    /// <summary>Drop-path probability at the end; it rises linearly from 0.</summary>
    public required double DropPathProbability { get; init; }

    /// <summary>Side in pixels of the square that cutout blanks; 0 for none.</summary>
    public required int CutoutLength { get; init; }

    public required bool ProgressiveResizing { get; init; }

    /// <summary>Whether only the classifier is trained.</summary>
    public required bool FreezeBackbone { get; init; }

    /// <summary>Compares epochs.</summary>
    public required ValidationMetric ValidationMetric { get; init; }

    /// <summary>The epoch whose weights a training that ends as planned returns.</summary>
    public required ReturnedWeights ReturnedWeights { get; init; }

    /// <summary>Epochs without improvement after which the training stops; null for never.</summary>
    public required int? EarlyStoppingPatience { get; init; }

    /// <summary>The least that counts as improvement, in the metric's unit.</summary>
    public required double EarlyStoppingMinimumDelta { get; init; }

    public required CancelAction OnCancel { get; init; }

    /// <summary>Share of the steps, and of the time left, that trials of candidates may take.</summary>
    public required double TrialShare { get; init; }
}
