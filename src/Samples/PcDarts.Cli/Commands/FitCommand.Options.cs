using System.CommandLine;
using Microsoft.ML;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;

namespace PcDarts.Cli.Commands;

/// <content>The options of <c>fit</c> and the options of the trainer that they set.</content>
internal static partial class FitCommand
{
    public const string GenotypeFlag = "--genotype", SkipBadImagesFlag = "--skip-bad-images", GpuFlag = "--gpu",
        PrecisionFlag = "--precision";

    private static readonly Option<string> Train = new("--train")
    {
        Description = "Folder with one sub-folder of pictures for each class.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string?> Test = new("--test")
    {
        Description = "Pictures to measure the finished model on, laid out in the same way; they choose nothing.",
        HelpName = "DIR",
    };

    private static readonly Option<TimeSpan?> TimeBudget = Duration.Option("--time-budget",
        $"Time that search and training may take together, such as {Duration.Examples}.");

    private static readonly Option<TimeSpan?> CheckpointInterval = Duration.Option("--checkpoint-interval",
        "Time between two checkpoints, which is what a crash costs at most; one minute by default.");

    private static readonly Option<string> Recipe = new("--recipe")
    {
        Description = "Preset: tiny ends in seconds, paper-cifar needs a GPU.",
        HelpName = "tiny|default|paper-cifar",
        DefaultValueFactory = _ => "default",
        Validators = { CheckRecipe },
    };

    private static readonly Option<int> Seed = new("--seed") { Description = "Random seed.", HelpName = "N", DefaultValueFactory = _ => 1 };

    private static readonly Option<string?> GenotypeOption = new(GenotypeFlag)
    {
        Description = "Train this genotype and skip the search: a published name, genotype.json, Python notation or another model.",
        HelpName = "NAME|FILE",
    };

    private static readonly Option<string?> InitialModel = new("--initial-model")
    {
        Description = "Start from these weights instead of random ones and skip the search: weights.safetensors of another fit, "
            + "or a state dict of PyTorch with --genotype.",
        HelpName = "WEIGHTS",
    };

    private static readonly Option<string?> InitialSupernet = new("--initial-supernet")
    {
        Description = "Start the search from this supernet instead of a random one: supernet.safetensors of another fit, "
            + "or a state dict that PyTorch saved during a search.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> FreezeBackbone = new("--freeze-backbone")
    {
        Description = "With --initial-model: train the classifier alone.",
    };

    private static readonly Option<double?> ValidationFraction = new("--validation-fraction")
    {
        Description = "Share of the training pictures held out to watch the training, "
            + $"{OptionLimits.All[nameof(PcDartsTrainer.Options.ValidationFraction)]}.",
        HelpName = "SHARE",
    };

    private static readonly Option<int?> Gpu = new(GpuFlag)
    {
        Description = "Number of the CUDA GPU to search and train on, 0 for the first; without it the CPU.",
        HelpName = "N",
        Validators = { CheckGpu },
    };

    private static readonly Option<TrainingPrecision?> Precision = Choice(
        PrecisionFlag, "Number format of the maps between layers; by default bfloat16 on GPUs that compute it, else float32.",
        ("float32", TrainingPrecision.Float32), ("bfloat16", TrainingPrecision.BFloat16));

    private static readonly Option<NetworkOptimizer?> Optimizer = Choice(
        "--optimizer", "The optimizer of the training; muon, the default, needs fewer passes than sgd, "
            + "which recipe paper-cifar uses.",
        ("muon", NetworkOptimizer.Muon), ("sgd", NetworkOptimizer.Sgd));

    private static readonly Option<int?> MaximumSkips = Whole(
        "--max-skip-connections",
        "Most skip connections that the normal cell keeps; 2 is a good limit, by default there is none.",
        nameof(PcDartsTrainer.Options.MaximumSkipConnections));

    private static readonly Option<int?> Candidates = Whole(
        "--search-candidates",
        "Architectures of the search that are tried before one is trained, 12 by default; 1 trains the one that the search decodes to.",
        nameof(PcDartsTrainer.Options.SearchCandidates));

    private static readonly Option<int?> SearchPatience = Whole(
        "--search-patience",
        "End the search when its genotype has not changed for so many epochs after the warm-up.",
        nameof(PcDartsTrainer.Options.SearchPatience));

    private static readonly Option<int?> EarlyStopping = Whole(
        "--early-stopping",
        "End the training when validation has not improved for so many epochs, and keep the best.",
        nameof(PcDartsTrainer.Options.EarlyStoppingPatience));

    private static readonly Option<string> Keep = new("--keep")
    {
        Description = "Weights that the model gets: of the epoch that validated best, or of the last one.",
        HelpName = "best|last",
        DefaultValueFactory = _ => "last",
        Validators = { CheckKeep },
    };

    private static readonly Option<bool> ClassWeights = new("--class-weights")
    {
        Description = "Let rare classes count as much as frequent ones.",
    };

    private static readonly Option<bool> ReturnBest = new("--return-best")
    {
        Description = "On Ctrl-C during the training, save the best model so far; 'resume' can continue from there.",
    };

    private static readonly Option<bool> SkipBadImages = new(SkipBadImagesFlag)
    {
        Description = "Skip pictures that cannot be decoded, of --train and --test, instead of stopping.",
    };

    private static readonly Option<int?> MaximumPixels = MaximumPixelsOption();

    private static readonly Option<bool> Overwrite = new("--overwrite")
    {
        Description = "Start a new run in a folder that holds another one; that run is deleted.",
    };

    private static readonly Option<string> Out = new("--out", "-o")
    {
        Description = "Folder of the run: model.zip, model.onnx, genotype.json, and everything needed to resume after an interruption.",
        HelpName = "DIR",
        DefaultValueFactory = _ => DefaultOut,
    };

    /// <summary>The option of all commands that decode pictures.</summary>
    public static Option<int?> MaximumPixelsOption() => Whole(
        "--max-pixels",
        "Most pixels that a picture may have, told from its header before it is decoded; 250,000,000 by default.",
        nameof(PcDartsTrainer.Options.MaximumPixels));

    /// <summary>The flags of those members of the library's options that have one, by their names.</summary>
    public static IReadOnlyDictionary<string, string> Flags { get; } = new Dictionary<string, string>
    {
        [nameof(PcDartsTrainer.Options.Seed)] = Seed.Name,
        [nameof(PcDartsTrainer.Options.TimeBudget)] = TimeBudget.Name,
        [nameof(PcDartsTrainer.Options.Genotype)] = GenotypeOption.Name,
        [nameof(PcDartsTrainer.Options.InitialModel)] = InitialModel.Name,
        [nameof(PcDartsTrainer.Options.InitialSupernet)] = InitialSupernet.Name,
        [nameof(PcDartsTrainer.Options.FreezeBackbone)] = FreezeBackbone.Name,
        [nameof(PcDartsTrainer.Options.Precision)] = Precision.Name,
        [nameof(PcDartsTrainer.Options.Optimizer)] = Optimizer.Name,
        [nameof(PcDartsTrainer.Options.ValidationFraction)] = ValidationFraction.Name,
        [nameof(PcDartsTrainer.Options.BadImages)] = SkipBadImages.Name,
        [nameof(PcDartsTrainer.Options.MaximumPixels)] = MaximumPixels.Name,
        [nameof(PcDartsTrainer.Options.CheckpointInterval)] = CheckpointInterval.Name,
        [nameof(PcDartsTrainer.Options.MaximumSkipConnections)] = MaximumSkips.Name,
        [nameof(PcDartsTrainer.Options.SearchCandidates)] = Candidates.Name,
        [nameof(PcDartsTrainer.Options.SearchPatience)] = SearchPatience.Name,
        [nameof(PcDartsTrainer.Options.EarlyStoppingPatience)] = EarlyStopping.Name,
        [nameof(PcDartsTrainer.Options.ReturnedWeights)] = Keep.Name,
        [nameof(PcDartsTrainer.Options.ClassWeighting)] = ClassWeights.Name,
        [nameof(PcDartsTrainer.Options.OnCancel)] = ReturnBest.Name,
        [nameof(PcDartsTrainer.Options.WorkspacePath)] = Out.Name,
        [nameof(MLContext.GpuDeviceId)] = Gpu.Name,
        [nameof(PcDartsWeightsOptions.ClassNames)] = ImportCommand.ClassesFlag,
        [nameof(PcDartsWeightsOptions.Mean)] = ImportCommand.MeanFlag,
        [nameof(PcDartsWeightsOptions.StandardDeviation)] = ImportCommand.DeviationFlag,
    };

    private static PcDartsTrainer.Options CreateOptions(ParseResult parsed, CancellationToken cancellation)
    {
        PcDartsTrainer.Options options = parsed.GetValue(Recipe) switch
        {
            "tiny" => PcDartsRecipe.Tiny(),
            "paper-cifar" => PcDartsRecipe.PaperCifar(),
            _ => PcDartsRecipe.Default(),
        };
        options.Seed = parsed.GetValue(Seed);
        options.TimeBudget = parsed.GetValue(TimeBudget);
        options.Genotype = parsed.GetValue(GenotypeOption) is { } source ? GenotypeSource.Resolve(source) : null;
        options.InitialModel = parsed.GetValue(InitialModel);
        options.InitialSupernet = parsed.GetValue(InitialSupernet);
        options.FreezeBackbone = parsed.GetValue(FreezeBackbone);
        options.Precision = parsed.GetValue(Precision);
        options.Optimizer = parsed.GetValue(Optimizer) ?? options.Optimizer;
        options.ValidationFraction = parsed.GetValue(ValidationFraction) ?? options.ValidationFraction;
        options.BadImages = parsed.GetValue(SkipBadImages) ? BadImageHandling.Skip : BadImageHandling.Error;
        options.MaximumPixels = parsed.GetValue(MaximumPixels) ?? options.MaximumPixels;
        options.CheckpointInterval = parsed.GetValue(CheckpointInterval) ?? options.CheckpointInterval;
        options.MaximumSkipConnections = parsed.GetValue(MaximumSkips);
        options.SearchCandidates = parsed.GetValue(Candidates) ?? options.SearchCandidates;
        options.SearchPatience = parsed.GetValue(SearchPatience);
        options.EarlyStoppingPatience = parsed.GetValue(EarlyStopping);
        options.ReturnedWeights = parsed.GetValue(Keep) == "best" ? ReturnedWeights.BestValidation : ReturnedWeights.LastEpoch;
        options.ClassWeighting = parsed.GetValue(ClassWeights) ? ClassWeighting.Balanced : ClassWeighting.None;
        options.OnCancel = parsed.GetValue(ReturnBest) ? CancelAction.ReturnBest : CancelAction.Throw;
        options.CancellationToken = cancellation;
        return options;
    }
}
