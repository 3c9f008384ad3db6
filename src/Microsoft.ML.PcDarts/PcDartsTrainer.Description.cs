using System.Globalization;
using System.Reflection;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Runs;
using TorchSharp;

namespace Microsoft.ML.PcDarts;

/// <content>The description of a run, by which a workspace knows it.</content>
public sealed partial class PcDartsTrainer
{
    /// <summary>Options that change where or how fast a run goes, not its result, and those that are described in another way.</summary>
    private static readonly HashSet<string> NotDescribed = new(StringComparer.Ordinal)
    {
        nameof(Options.WorkspacePath), nameof(Options.MetricsCallback), nameof(Options.CancellationToken),
        nameof(Options.ValidationSet), nameof(Options.MaximumPixels), nameof(Options.MemoryLimitBytes), nameof(Options.MemorySaving),
        nameof(Options.Threads), nameof(Options.CheckpointInterval), nameof(Options.ReportInterval), nameof(Options.OnCancel),
        nameof(Options.EigenvalueDiagnostic), nameof(Options.Seed), nameof(Options.Precision),
    };

    private RunDescription Describe(
        int seed,
        torch.Device device,
        torch.ScalarType trainingType,
        ImageDataset data,
        ImageDataset? validationData,
        NetworkWeights? initial,
        SupernetWeights? supernet) => new()
        {
            Started = _time.GetUtcNow(),
            Seed = seed,
            Device = device.ToString(),
            Precision = trainingType == torch.ScalarType.Float32 ? nameof(TrainingPrecision.Float32) : nameof(TrainingPrecision.BFloat16),
            Threads = torch.get_num_threads(),
            Data = DataDescription.Of(data),
            ValidationData = validationData is null ? null : DataDescription.Of(validationData),
            Options = TextOf(_options, initial, supernet),
            Versions = PackageVersion.OfLibraries(),
        };

    /// <summary>
    /// Every option that decides the result, by name, in invariant text; of files, their content counts and not their place.
    /// </summary>
    private static SortedDictionary<string, string> TextOf(Options options, NetworkWeights? initial, SupernetWeights? supernet)
    {
        SortedDictionary<string, string> text = new(StringComparer.Ordinal);
        foreach (FieldInfo field in typeof(Options).GetFields().Where(field => !NotDescribed.Contains(field.Name)))
        {
            string? value = Convert.ToString(field.GetValue(options), CultureInfo.InvariantCulture);
            text.Add(field.Name, string.IsNullOrEmpty(value) ? "null" : value);
        }

        if (initial is not null)
            text[nameof(options.InitialModel)] = WeightsHash.Sha256(initial.Weights);
        if (supernet is not null)
            text[nameof(options.InitialSupernet)] = supernet.Sha256;
        return text;
    }
}
