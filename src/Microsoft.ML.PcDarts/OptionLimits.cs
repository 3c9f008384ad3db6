using System.Globalization;
using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts;

/// <summary>Ranges of the trainer's numeric options, which validation, documentation and the command line share.</summary>
internal static class OptionLimits
{
    /// <summary>The ranges by the names of the options, in the order in which they are checked.</summary>
    public static IReadOnlyDictionary<string, Limits> All { get; } = new Dictionary<string, Limits>
    {
        [nameof(PcDartsTrainer.Options.ValidationFraction)] = new(0, 0.5),
        [nameof(PcDartsTrainer.Options.ImageWidth)] = new(ShapeLimits.SmallestSide, ShapeLimits.LargestSide),
        [nameof(PcDartsTrainer.Options.ImageHeight)] = new(ShapeLimits.SmallestSide, ShapeLimits.LargestSide),
        [nameof(PcDartsTrainer.Options.MaximumImageSize)] = new(16, ShapeLimits.LargestSide),
        [nameof(PcDartsTrainer.Options.MaximumPixels)] = new(1, int.MaxValue),
        [nameof(PcDartsTrainer.Options.MemoryLimitBytes)] = new(1),
        [nameof(PcDartsTrainer.Options.SearchTimeShare)] = new(0.05, 0.9),
        [nameof(PcDartsTrainer.Options.SearchCandidates)] = new(1, 100),
        [nameof(PcDartsTrainer.Options.CandidateTimeShare)] = new(0.01, 0.5),
        [nameof(PcDartsTrainer.Options.SearchImages)] = new(4),
        [nameof(PcDartsTrainer.Options.SearchEpochs)] = new(1, 10_000),
        [nameof(PcDartsTrainer.Options.SearchBatchSize)] = new(2, 8192),
        [nameof(PcDartsTrainer.Options.SearchLearningRate)] = Limits.AboveZero,
        [nameof(PcDartsTrainer.Options.ArchitectureLearningRate)] = Limits.AboveZero,
        [nameof(PcDartsTrainer.Options.SearchInitialChannels)] = new(1, ShapeLimits.Channels),
        [nameof(PcDartsTrainer.Options.SearchLayers)] = new(1, ShapeLimits.Layers),
        [nameof(PcDartsTrainer.Options.Nodes)] = new(1, ShapeLimits.Nodes),
        [nameof(PcDartsTrainer.Options.PartialChannels)] = new(1, ShapeLimits.Channels),
        [nameof(PcDartsTrainer.Options.MaximumSkipConnections)] = new(0, 16),
        [nameof(PcDartsTrainer.Options.SearchPatience)] = new(1),
        [nameof(PcDartsTrainer.Options.TrainingImages)] = new(2),
        [nameof(PcDartsTrainer.Options.Epochs)] = new(1, 100_000),
        [nameof(PcDartsTrainer.Options.BatchSize)] = new(2, 8192),
        [nameof(PcDartsTrainer.Options.LearningRate)] = Limits.AboveZero,
        [nameof(PcDartsTrainer.Options.MuonLearningRate)] = Limits.AboveZero,
        [nameof(PcDartsTrainer.Options.LearningRateWarmUp)] = new(0, 0.5),
        [nameof(PcDartsTrainer.Options.Momentum)] = Limits.ZeroToBelowOne,
        [nameof(PcDartsTrainer.Options.WeightDecay)] = new(0, 1),
        [nameof(PcDartsTrainer.Options.GradientClipNorm)] = Limits.AboveZero,
        [nameof(PcDartsTrainer.Options.InitialChannels)] = new(1, ShapeLimits.Channels),
        [nameof(PcDartsTrainer.Options.Layers)] = new(1, ShapeLimits.Layers),
        [nameof(PcDartsTrainer.Options.AuxiliaryWeight)] = new(0, 1),
        [nameof(PcDartsTrainer.Options.DropPathProbability)] = Limits.ZeroToBelowOne,
        [nameof(PcDartsTrainer.Options.CutoutLength)] = new(0, ShapeLimits.LargestSide),
        [nameof(PcDartsTrainer.Options.LabelSmoothing)] = Limits.ZeroToBelowOne,
        [nameof(PcDartsTrainer.Options.CropPadding)] = new(0, 512),
        [nameof(PcDartsTrainer.Options.Threads)] = new(1, 1024),
        [nameof(PcDartsTrainer.Options.EarlyStoppingPatience)] = new(1),
        [nameof(PcDartsTrainer.Options.EarlyStoppingMinimumDelta)] = new(0),
    };

    /// <summary>A range of finite numbers.</summary>
    /// <param name="Low">The least that is allowed.</param>
    /// <param name="High">The most that is allowed; null for any finite number.</param>
    public sealed record Limits(double Low, double? High = null)
    {
        /// <summary>0 is not allowed, all above it is.</summary>
        public static Limits AboveZero { get; } = new(0) { IsLowAllowed = false };

        /// <summary>0 is allowed, 1 is not.</summary>
        public static Limits ZeroToBelowOne { get; } = new(0, 1) { IsHighAllowed = false };

        public bool IsLowAllowed { get; private init; } = true;

        public bool IsHighAllowed { get; private init; } = true;

        /// <summary>Whether a value is in the range; NaN is not.</summary>
        public bool Contains(double value) => double.IsFinite(value)
            && (IsLowAllowed ? value >= Low : value > Low)
            && (High is not { } high || (IsHighAllowed ? value <= high : value < high));

        /// <summary>The range in words: "1 to 100", "0 to below 1", "4 or more", "above 0".</summary>
        public override string ToString() => this switch
        {
            { IsLowAllowed: false } => string.Create(CultureInfo.InvariantCulture, $"above {Low}"),
            { High: null } => string.Create(CultureInfo.InvariantCulture, $"{Low} or more"),
            { IsHighAllowed: false } => string.Create(CultureInfo.InvariantCulture, $"{Low} to below {High}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Low} to {High}"),
        };
    }
}
