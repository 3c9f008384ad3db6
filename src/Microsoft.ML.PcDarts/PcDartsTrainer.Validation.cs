using System.Globalization;
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

        CheckLimits(options);
        if (options.ImageWidth is null != options.ImageHeight is null)
            throw Invalid("ImageWidth and ImageHeight must be set together, or both left null to be chosen from the data.");
        if (options.TimeBudget is { } budget && budget < TimeSpan.FromSeconds(1))
        {
            throw Invalid(string.Create(CultureInfo.InvariantCulture,
                $"TimeBudget {budget} must be one second or more; leave it null for no limit."));
        }

        UpToADay(options.CheckpointInterval);
        UpToADay(options.ReportInterval);
        if (options.SearchWarmUpEpochs < 0 || options.SearchWarmUpEpochs >= options.SearchEpochs)
            throw Invalid($"SearchWarmUpEpochs {options.SearchWarmUpEpochs} is out of range; allowed are 0 to {options.SearchEpochs - 1}.");
        if (options.Genotype is null && options.SearchInitialChannels % options.PartialChannels != 0)
        {
            throw Invalid(
                $"SearchInitialChannels {options.SearchInitialChannels} must be divisible by PartialChannels {options.PartialChannels}; "
                + $"use {NextMultiple(options.SearchInitialChannels, options.PartialChannels)} channels or another K.");
        }

        if (options is { FreezeBackbone: true, InitialModel: null })
            throw Invalid("FreezeBackbone needs an InitialModel, whose backbone is kept; set it to false to train from scratch.");
        if (options is { InitialSupernet: not null } and ({ Genotype: not null } or { InitialModel: not null }))
        {
            string other = options.Genotype is null ? "InitialModel" : "Genotype";
            throw Invalid(
                $"InitialSupernet '{options.InitialSupernet}' starts the search, which {other} skips; set one of the two to null.");
        }

        if (options.Nesterov && options.Momentum == 0)
            throw Invalid("Nesterov needs a Momentum above 0; set Nesterov to false for plain SGD.");
        if (options is { EarlyStoppingPatience: not null, ValidationSet: null, ValidationFraction: 0 })
            throw Invalid("EarlyStoppingPatience needs pictures to validate on; raise ValidationFraction or give a ValidationSet.");
        Defined(options.ClassWeighting);
        Defined(options.Optimizer);
        Defined(options.CropPaddingMode);
        Defined(options.ValidationMetric);
        Defined(options.ReturnedWeights);
        Defined(options.OnCancel);
        Defined(options.BadImages);
        if (options.Precision is { } precision && !Enum.IsDefined(precision))
        {
            throw Invalid(
                $"Precision {precision} is not a value of {nameof(TrainingPrecision)}; use Float32 or BFloat16, or leave it null.");
        }

        if (options.Stem is { } stem && !Enum.IsDefined(stem))
            throw Invalid($"Stem {stem} is not a value of {nameof(NetworkStem)}; use Cifar or ImageNet.");
    }

    private static void CheckLimits(Options options)
    {
        foreach ((string name, OptionLimits.Limits limits) in OptionLimits.All)
        {
            object? value = typeof(Options).GetField(name)!.GetValue(options);
            if (value is null || limits.Contains(Convert.ToDouble(value, CultureInfo.InvariantCulture)))
                continue;
            string allowed = limits.High is null && !limits.IsLowAllowed ? "it must be a finite number above 0" : $"allowed are {limits}";
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{name} {value} is out of range; {allowed}."));
        }
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

    private static ColumnNames NamesOf(Options options)
        => new(
            options.LabelColumnName,
            options.FeatureColumnName,
            options.ScoreColumnName,
            options.PredictedLabelColumnName,
            options.PooledFeaturesColumnName);

    private static ArgumentException Invalid(string message) => new(message, "options");

    private static int NextMultiple(int value, int of) => (value + of - 1) / of * of;

    private static string Short(string expression) => expression[(expression.LastIndexOf('.') + 1)..];
}
