using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts;

public sealed partial class PcDartsTrainer
{
    /// <summary>Every rule on options that needs no data; rules on data follow when the data is read.</summary>
    private static void Validate(Options options)
    {
        if (NamesOf(options).Problem() is { } problem)
            throw Invalid(problem);

        Within(options.ValidationFraction, 0, 0.5);
        Within(options.ImageWidth, 8, 1024);
        Within(options.ImageHeight, 8, 1024);
        if (options.ImageWidth is null != options.ImageHeight is null)
            throw Invalid("ImageWidth and ImageHeight must be set together, or both left null to be chosen from the data.");
        Within(options.MaximumImageSize, 16, 1024);
        Within(options.MaximumPixels, 1, int.MaxValue);
        Within(options.MemoryLimitBytes, 1, long.MaxValue);

        if (options.TimeBudget is { } budget && budget < TimeSpan.FromSeconds(1))
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"TimeBudget {budget} must be one second or more; leave it null for no limit."));
        UpToADay(options.CheckpointInterval);
        UpToADay(options.ReportInterval);
        Within(options.SearchTimeShare, 0.05, 0.9);
        Within(options.SearchCandidates, 1, 100);
        Within(options.CandidateTimeShare, 0.01, 0.5);
        Within(options.SearchImages, 4, int.MaxValue);
        Within(options.SearchEpochs, 1, 10_000);
        Within(options.SearchWarmUpEpochs, 0, options.SearchEpochs - 1);
        Within(options.SearchBatchSize, 2, 8192);
        Positive(options.SearchLearningRate);
        Positive(options.ArchitectureLearningRate);
        Within(options.SearchInitialChannels, 1, 1024);
        Within(options.SearchLayers, 1, 100);
        Within(options.Nodes, 1, 8);
        Within(options.PartialChannels, 1, 1024);
        if (options.Genotype is null && options.SearchInitialChannels % options.PartialChannels != 0)
        {
            throw Invalid($"SearchInitialChannels {options.SearchInitialChannels} must be divisible by PartialChannels {options.PartialChannels}; "
                + $"use {NextMultiple(options.SearchInitialChannels, options.PartialChannels)} channels or another K.");
        }

        if (options is { FreezeBackbone: true, InitialModel: null })
            throw Invalid("FreezeBackbone needs an InitialModel, whose backbone is kept; set it to false to train from scratch.");
        if (options is { InitialSupernet: not null } and ({ Genotype: not null } or { InitialModel: not null }))
            throw Invalid($"InitialSupernet '{options.InitialSupernet}' starts the search, which {(options.Genotype is null ? "InitialModel" : "Genotype")} skips; set one of the two to null.");
        Within(options.MaximumSkipConnections, 0, 16);
        Within(options.SearchPatience, 1, int.MaxValue);
        Defined(options.ClassWeighting);
        Within(options.TrainingImages, 2, int.MaxValue);
        Within(options.Epochs, 1, 100_000);
        Within(options.BatchSize, 2, 8192);
        Positive(options.LearningRate);
        Defined(options.Optimizer);
        Positive(options.MuonLearningRate);
        Within(options.LearningRateWarmUp, 0, 0.5);
        WithinBelow(options.Momentum, 0, 1);
        if (options.Nesterov && options.Momentum == 0)
            throw Invalid("Nesterov needs a Momentum above 0; set Nesterov to false for plain SGD.");
        Within(options.WeightDecay, 0, 1);
        Positive(options.GradientClipNorm);
        Within(options.InitialChannels, 1, 1024);
        Within(options.Layers, 1, 100);
        Within(options.AuxiliaryWeight, 0, 1);
        WithinBelow(options.DropPathProbability, 0, 1);
        Within(options.CutoutLength, 0, 1024);
        WithinBelow(options.LabelSmoothing, 0, 1);
        Within(options.CropPadding, 0, 512);
        Within(options.Threads, 1, 1024);
        Within(options.EarlyStoppingPatience, 1, int.MaxValue);
        Within(options.EarlyStoppingMinimumDelta, 0, double.MaxValue);
        if (options is { EarlyStoppingPatience: not null, ValidationSet: null, ValidationFraction: 0 })
            throw Invalid("EarlyStoppingPatience needs pictures to validate on; raise ValidationFraction or give a ValidationSet.");
        Defined(options.CropPaddingMode);
        Defined(options.ValidationMetric);
        Defined(options.ReturnedWeights);
        Defined(options.OnCancel);
        Defined(options.BadImages);
        if (options.Precision is { } precision && !Enum.IsDefined(precision))
            throw Invalid($"Precision {precision} is not a value of {nameof(TrainingPrecision)}; use Float32 or BFloat16, or leave it null.");
        if (options.Stem is { } stem && !Enum.IsDefined(stem))
            throw Invalid($"Stem {stem} is not a value of {nameof(NetworkStem)}; use Cifar or ImageNet.");
    }

    private static void Within<T>(T? value, T low, T high, [CallerArgumentExpression(nameof(value))] string option = "")
        where T : struct, INumber<T>
    {
        if (value is { } given)
            Within(given, low, high, option);
    }

    private static void Within<T>(T value, T low, T high, [CallerArgumentExpression(nameof(value))] string option = "")
        where T : struct, INumber<T>
    {
        // Written so that NaN fails.
        if (!(value >= low && value <= high))
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{Short(option)} {value} is out of range; allowed are {low} to {high}."));
    }

    private static void Defined<T>(T value, [CallerArgumentExpression(nameof(value))] string option = "")
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw Invalid($"{Short(option)} {value} is not a value of {typeof(T).Name}; use {string.Join(" or ", Enum.GetNames<T>())}.");
    }

    private static void UpToADay(TimeSpan value, [CallerArgumentExpression(nameof(value))] string option = "")
    {
        if (value < TimeSpan.Zero || value > TimeSpan.FromDays(1))
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{Short(option)} {value} is out of range; allowed are 0 to a day."));
    }

    private static void WithinBelow(double value, double low, double high, [CallerArgumentExpression(nameof(value))] string option = "")
    {
        if (!(value >= low && value < high))
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{Short(option)} {value} is out of range; allowed are {low} to below {high}."));
    }

    private static void Positive(double value, [CallerArgumentExpression(nameof(value))] string option = "")
    {
        if (!(value > 0 && double.IsFinite(value)))
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{Short(option)} {value} is out of range; it must be a finite number above 0."));
    }

    private static ColumnNames NamesOf(Options options)
        => new(options.LabelColumnName, options.FeatureColumnName, options.ScoreColumnName, options.PredictedLabelColumnName, options.PooledFeaturesColumnName);

    private static ArgumentException Invalid(string message) => new(message, "options");

    private static int NextMultiple(int value, int of) => (value + of - 1) / of * of;

    private static string Short(string expression) => expression[(expression.LastIndexOf('.') + 1)..];
}
