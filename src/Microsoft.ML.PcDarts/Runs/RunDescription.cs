using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Supernets;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>What a workspace's run.json says of its run: whatever decides the result, and for the reader the machine and the versions.</summary>
internal sealed record RunDescription
{
    public const int CurrentVersion = 2;

    /// <summary>Options that change where or how fast a run goes, not what it computes, and those that are described in another way.</summary>
    private static readonly HashSet<string> Irrelevant = new(StringComparer.Ordinal)
    {
        nameof(PcDartsTrainer.Options.WorkspacePath), nameof(PcDartsTrainer.Options.MetricsCallback), nameof(PcDartsTrainer.Options.Progress), nameof(PcDartsTrainer.Options.CancellationToken), nameof(PcDartsTrainer.Options.ValidationSet),
        nameof(PcDartsTrainer.Options.MaximumPixels), nameof(PcDartsTrainer.Options.MemoryLimitBytes), nameof(PcDartsTrainer.Options.MemorySaving), nameof(PcDartsTrainer.Options.Threads), nameof(PcDartsTrainer.Options.CheckpointInterval),
        nameof(PcDartsTrainer.Options.ReportInterval), nameof(PcDartsTrainer.Options.OnCancel), nameof(PcDartsTrainer.Options.EigenvalueDiagnostic), nameof(PcDartsTrainer.Options.Seed), nameof(PcDartsTrainer.Options.Precision),
    };

    public int Version { get; init; } = CurrentVersion;

    /// <summary>SHA-256 of the file that describes the run, by which its checkpoints know it; empty while there is no file.</summary>
    [JsonIgnore]
    public string Sha256 { get; init; } = "";

    public required DateTimeOffset Started { get; init; }

    public required int Seed { get; init; }

    public required string Device { get; init; }

    public required string Precision { get; init; }

    public required int Threads { get; init; }

    public required DataDescription Data { get; init; }

    public DataDescription? ValidationData { get; init; }

    /// <summary>Every option that decides the result, in invariant text.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    public string Machine { get; init; } = string.Create(CultureInfo.InvariantCulture, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors");

    /// <summary>The architecture that the options gave; null if it was searched.</summary>
    [JsonIgnore]
    public Genotype? Given => Options.TryGetValue(nameof(PcDartsTrainer.Options.Genotype), out string? text) && text != "null" ? Genotype.FromPython(text) : null;

    /// <summary>The options by name.</summary>
    /// <param name="options">The options.</param>
    /// <param name="initial">What <see cref="PcDartsTrainer.Options.InitialModel"/> names: its weights count, not its place.</param>
    /// <param name="supernet">What <see cref="PcDartsTrainer.Options.InitialSupernet"/> names, likewise.</param>
    public static IReadOnlyDictionary<string, string> TextOf(PcDartsTrainer.Options options, NetworkWeights? initial, SupernetWeights? supernet)
    {
        SortedDictionary<string, string> text = new(StringComparer.Ordinal);
        foreach (FieldInfo field in typeof(PcDartsTrainer.Options).GetFields().Where(field => !Irrelevant.Contains(field.Name)))
            text.Add(field.Name, Convert.ToString(field.GetValue(options), CultureInfo.InvariantCulture) is { Length: > 0 } value ? value : "null");
        if (initial is not null)
            text[nameof(options.InitialModel)] = WeightsHash.Sha256(initial.Weights);
        if (supernet is not null)
            text[nameof(options.InitialSupernet)] = supernet.Sha256;
        return text;
    }

    /// <summary>What keeps a run described by <paramref name="now"/> from going on with this one, a line each: "Epochs is 60 in the workspace, 50 now".</summary>
    public IReadOnlyList<string> Differences(RunDescription now)
    {
        List<string> lines = [];
        Compare(nameof(Version), Version, now.Version);
        Compare(nameof(Seed), Seed, now.Seed);
        Compare(nameof(Precision), Precision, now.Precision);
        foreach (string name in Options.Keys.Union(now.Options.Keys).Order(StringComparer.Ordinal))
            Compare(name, Options.GetValueOrDefault(name, "unknown"), now.Options.GetValueOrDefault(name, "unknown"));
        CompareData("Training data", Data, now.Data);
        CompareData("Validation data", ValidationData, now.ValidationData);
        return lines;

        void Compare<T>(string name, T old, T given)
        {
            if (!EqualityComparer<T>.Default.Equals(old, given))
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{name} is {old} in the workspace, {given} now"));
        }

        void CompareData(string name, DataDescription? old, DataDescription? given)
        {
            if (old?.Sha256 != given?.Sha256)
                lines.Add($"{name}: {old?.ToString() ?? "none"} in the workspace, {given?.ToString() ?? "none"} now");
        }
    }

    /// <summary>What may change the last bits of a result that goes on, a line each.</summary>
    public IReadOnlyList<string> Doubts(RunDescription now)
    {
        List<string> lines = [];
        if (Device != now.Device)
            lines.Add($"the device was {Device}, it is {now.Device}");
        if (Threads != now.Threads)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"there were {Threads} threads, now {now.Threads}"));
        foreach ((string name, string version) in Versions)
        {
            if (now.Versions.TryGetValue(name, out string? current) && current != version)
                lines.Add($"{name} was {version}, it is {current}");
        }

        return lines;
    }
}

/// <summary>The decoded pictures of a run.</summary>
/// <param name="Pictures">Their number.</param>
/// <param name="Width">Width in pixels after resizing.</param>
/// <param name="Height">Height in pixels after resizing.</param>
/// <param name="Classes">Classes of the label column.</param>
/// <param name="Sha256">Over sizes, labels and pixels, in the order of the rows.</param>
internal sealed record DataDescription(int Pictures, int Width, int Height, int Classes, string Sha256)
{
    /// <summary>Characters of a SHA-256 in hexadecimal.</summary>
    public const int HashLength = 64;

    public static DataDescription Of(ImageDataset data) => new(data.Count, data.Width, data.Height, data.Classes, data.Sha256());

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Pictures} pictures of {Width}×{Height} in {Classes} classes, SHA-256 {Sha256[..12]}…");
}
