using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Optimizers;
using Microsoft.ML.PcDarts.Training.Final;
using Microsoft.ML.PcDarts.Training.Search;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// The options of a trainer as the settings of each room: nothing below the root sees <see cref="PcDartsTrainer.Options"/>.
/// </summary>
/// <param name="Augmentation">Random changes to pictures.</param>
/// <param name="Search">The search.</param>
/// <param name="Final">Trials and final training.</param>
internal sealed record RunSettings(AugmentationSettings Augmentation, SearchSettings Search, FinalSettings Final)
{
    /// <param name="options">Valid options.</param>
    public static RunSettings Of(PcDartsTrainer.Options options) => new(OfAugmentation(options), OfSearch(options), OfFinal(options));

    private static AugmentationSettings OfAugmentation(PcDartsTrainer.Options options) => new()
    {
        CropPadding = options.CropPadding,
        CropPaddingMode = options.CropPaddingMode,
        HorizontalFlip = options.HorizontalFlip,
        AlternateFlips = options.AlternateFlips,
    };

    private static SearchSettings OfSearch(PcDartsTrainer.Options options) => new()
    {
        Epochs = options.SearchEpochs,
        WarmUpEpochs = options.SearchWarmUpEpochs,
        BatchSize = options.SearchBatchSize,
        LearningRate = options.SearchLearningRate,
        ArchitectureLearningRate = options.ArchitectureLearningRate,
        Momentum = options.Momentum,
        WeightDecay = options.WeightDecay,
        GradientClipNorm = options.GradientClipNorm,
        MaximumSkipConnections = options.MaximumSkipConnections,
        Patience = options.SearchPatience,
        EigenvalueDiagnostic = options.EigenvalueDiagnostic,
        Candidates = options.SearchCandidates,
    };

    private static FinalSettings OfFinal(PcDartsTrainer.Options options) => new()
    {
        Epochs = options.Epochs,
        BatchSize = options.BatchSize,
        Optimizer = new OptimizerSettings
        {
            Optimizer = options.Optimizer,
            LearningRate = options.LearningRate,
            MuonLearningRate = options.MuonLearningRate,
            LearningRateWarmUp = options.LearningRateWarmUp,
            Momentum = options.Momentum,
            Nesterov = options.Nesterov,
            WeightDecay = options.WeightDecay,
            GradientClipNorm = options.GradientClipNorm,
        },
        AuxiliaryWeight = options.AuxiliaryWeight,
        LabelSmoothing = options.LabelSmoothing,
        DropPathProbability = options.DropPathProbability,
        CutoutLength = options.CutoutLength,
        ProgressiveResizing = options.ProgressiveResizing,
        FreezeBackbone = options.FreezeBackbone,
        ValidationMetric = options.ValidationMetric,
        ReturnedWeights = options.ReturnedWeights,
        EarlyStoppingPatience = options.EarlyStoppingPatience,
        EarlyStoppingMinimumDelta = options.EarlyStoppingMinimumDelta,
        OnCancel = options.OnCancel,
        TrialShare = options.CandidateTimeShare,
    };
}
