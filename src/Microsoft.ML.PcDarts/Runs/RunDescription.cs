using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>
/// Content of a workspace's run.json: whatever decides the result, and for the reader the machine and the versions.
/// </summary>
internal sealed record RunDescription
{
    public const int CurrentVersion = 2;

    /// <summary>Name of the option that gives the architecture.</summary>
    public const string GenotypeOption = "Genotype";

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

    public string Machine { get; init; } = string.Create(
        CultureInfo.InvariantCulture,
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors");

    /// <summary>The architecture that the options gave; null if it was searched.</summary>
    [JsonIgnore]
    public Genotype? Given => Options.TryGetValue(GenotypeOption, out string? text) && text != "null" ? Genotype.FromPython(text) : null;

    /// <summary>
    /// Differences that keep a run described by <paramref name="now"/> from resuming this one, a line each: "Epochs is 60 in the workspace,
    /// 50 now".
    /// </summary>
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

    /// <summary>Differences that may change the last bits of a resumed result, a line each.</summary>
    public IReadOnlyList<string> Caveats(RunDescription now)
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

    public override string ToString()
        => string.Create(
            CultureInfo.InvariantCulture, $"{Pictures} pictures of {Width}×{Height} in {Classes} classes, SHA-256 {Sha256[..12]}…");
}
