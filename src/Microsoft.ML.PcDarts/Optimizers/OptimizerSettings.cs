namespace Microsoft.ML.PcDarts.Optimizers;

/// <summary>Optimizer of the final training, its rates and its schedule.</summary>
internal sealed record OptimizerSettings
{
    public required NetworkOptimizer Optimizer { get; init; }

    /// <summary>Peak learning rate of SGD.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Peak learning rate of Muon, on the schedule of <see cref="LearningRate"/>.</summary>
    public required double MuonLearningRate { get; init; }

    /// <summary>Share of the training in which the learning rate rises to its peak.</summary>
    public required double LearningRateWarmUp { get; init; }

    public required double Momentum { get; init; }

    public required bool Nesterov { get; init; }

    public required double WeightDecay { get; init; }

    /// <summary>Largest L2 norm of a step's gradient.</summary>
    public required double GradientClipNorm { get; init; }
}
