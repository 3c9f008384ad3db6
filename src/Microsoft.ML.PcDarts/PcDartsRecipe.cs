namespace Microsoft.ML.PcDarts;

/// <summary>Presets of <see cref="PcDartsTrainer.Options"/>. Each call returns a fresh object that may be changed freely.</summary>
public static class PcDartsRecipe
{
    /// <summary>
    /// The defaults: a short search on a small supernet and a network of 16 initial channels and 8 cells. Meant for some thousand small
    /// pictures on a laptop CPU within an hour; with more data, set <see cref="PcDartsTrainer.Options.TimeBudget"/>.
    /// </summary>
    /// <returns>New options.</returns>
    public static PcDartsTrainer.Options Default() => new();

    /// <summary>Ends in seconds: for trying out and for tests. The model is usable, not good.</summary>
    /// <returns>New options.</returns>
    public static PcDartsTrainer.Options Tiny() => new()
    {
        SearchImages = 256,
        SearchEpochs = 2,
        SearchWarmUpEpochs = 1,
        SearchBatchSize = 32,
        SearchInitialChannels = 8,
        SearchLayers = 3,
        SearchCandidates = 1,
        Epochs = 3,
        TrainingImages = 1024,
        BatchSize = 32,
        InitialChannels = 8,
        Layers = 3,
        AuxiliaryWeight = 0,
        DropPathProbability = 0,
        CutoutLength = 0,
        MaximumImageSize = 32,
    };

    /// <summary>
    /// The paper's CIFAR protocol: 50 epochs of search (C=16, 8 cells, batch 256, architecture from epoch 15), then 600 epochs of training
    /// (C=36, 20 cells, batch 96, auxiliary head 0.4, cutout 16, drop-path 0.3). Meant for a GPU.
    /// </summary>
    /// <returns>New options.</returns>
    /// <remarks>Source: Xu et al. 2020, section 4.2, and train_search.py and train.py of the paper's code.</remarks>
    public static PcDartsTrainer.Options PaperCifar() => new()
    {
        SearchEpochs = 50,
        SearchWarmUpEpochs = 15,
        SearchBatchSize = 256,
        SearchLearningRate = 0.1,
        SearchInitialChannels = 16,
        SearchLayers = 8,
        SearchCandidates = 1,
        ArchitectureLearningRate = 6e-4,
        Epochs = 600,
        BatchSize = 96,
        Optimizer = NetworkOptimizer.Sgd,
        LearningRate = 0.025,
        LearningRateWarmUp = 0,
        InitialChannels = 36,
        Layers = 20,
        AuxiliaryWeight = 0.4,
        DropPathProbability = 0.3,
        CutoutLength = 16,
        CropPaddingMode = CropPaddingMode.Constant,
        AlternateFlips = false,
        LabelSmoothing = 0,
        Nesterov = false,
        ProgressiveResizing = false,
        ValidationFraction = 0,
        Stem = NetworkStem.Cifar,
    };
}
