namespace Microsoft.ML.PcDarts.Training.Search;

/// <summary>Length, rates and rules of a search.</summary>
internal sealed record SearchSettings
{
    public required int Epochs { get; init; }

    /// <summary>Epochs in which only the weights are stepped.</summary>
    public required int WarmUpEpochs { get; init; }

    /// <summary>Pictures a step, for weights and architecture each.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Initial learning rate of SGD on the weights.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Learning rate of Adam on α and β.</summary>
    public required double ArchitectureLearningRate { get; init; }

    public required double Momentum { get; init; }

    public required double WeightDecay { get; init; }

    /// <summary>Largest L2 norm of a step's gradient.</summary>
    public required double GradientClipNorm { get; init; }

    /// <summary>Most skip connections of a decoded normal cell; null for no limit.</summary>
    public required int? MaximumSkipConnections { get; init; }

    /// <summary>Epochs without a change of the genotype after which the search stops; null for never.</summary>
    public required int? Patience { get; init; }

    /// <summary>Whether each epoch after the warm-up measures the dominant eigenvalue of the loss in α.</summary>
    public required bool EigenvalueDiagnostic { get; init; }

    /// <summary>Architectures to draw for trials, the decoded one included.</summary>
    public required int Candidates { get; init; }
}
