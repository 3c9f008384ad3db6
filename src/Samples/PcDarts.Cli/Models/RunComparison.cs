using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Commands;

namespace PcDarts.Cli.Models;

/// <summary>Several runs side by side.</summary>
internal sealed class RunComparison
{
    private const int HashLetters = 12;

    private readonly Dictionary<PcDartsRun, string?> _files;

    public RunComparison(IReadOnlyList<PcDartsRun> runs)
    {
        Runs = runs;
        _files = runs.Distinct().ToDictionary(run => run, DataFile.FilesSha256Of);
        Names = [.. runs.Select(run => runs.Count(other => other.Name == run.Name) > 1 ? run.WorkspacePath : run.Name)];
        Differences = [.. runs.SelectMany(Settings).Select(setting => setting.Name).Distinct()
            .Select(name => (Name: name, Values: runs.Select(run => Settings(run).FirstOrDefault(setting => setting.Name == name).Value)
                .ToArray()))
            .Where(row => row.Values.Distinct(StringComparer.Ordinal).Count() > 1)];
    }

    public IReadOnlyList<PcDartsRun> Runs { get; }

    /// <summary>Names of the folders; their paths where names occur twice.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Settings that are not the same in all runs, with the value of each run; null where a run has no such setting.</summary>
    public IReadOnlyList<(string Name, string?[] Values)> Differences { get; }

    /// <summary>Whether all runs were trained and validated on the same pictures, at whatever size; null if that cannot be told.</summary>
    public bool? SameData => Runs.Select(run => (run.DataSha256, run.ValidationDataSha256)).Distinct().Count() == 1 ? true
        : !_files.ContainsValue(null) ? _files.Values.Distinct().Count() == 1
        : Runs.Select(run => run.Pictures).Distinct().Count() > 1 ? false
        : null;

    /// <summary>
    /// Which pictures a run has, by the first letters of a hash of their files; of their pixels at the run's size in runs of earlier
    /// versions.
    /// </summary>
    public string DataOf(PcDartsRun run) => _files[run] is { } files ? Short(files)! : $"{Short(run.DataSha256)} (pixels)";

    private static string Unit(TrainingPhase phase) => phase switch
    {
        TrainingPhase.Search => "search epoch",
        TrainingPhase.Selection => "candidate",
        _ => "training epoch",
    };

    /// <summary>Where a run stands, in words.</summary>
    public static string State(PcDartsRun run)
    {
        string where = run.Last is { } last
            ? string.Create(CultureInfo.InvariantCulture, $"{Unit(last.Phase)} {last.Epoch}/{last.Epochs}")
            : "before its first step";
        return run.State switch
        {
            PcDartsRunState.Finished => run.History!.StopReason switch
            {
                StopReason.TimeBudget => "finished by its time budget",
                StopReason.EarlyStopping => "finished by early stopping",
                _ => "finished",
            },
            PcDartsRunState.Cancelled => $"cancelled in {where}, best kept",
            PcDartsRunState.Running => $"running, {where}",
            _ => $"interrupted, {where}",
        };
    }

    /// <summary>The first letters of a SHA-256.</summary>
    public static string? Short(string? hash) => hash?[..Math.Min(HashLetters, hash.Length)];

    public JsonObject ToJson() => new()
    {
        ["runs"] = new JsonArray([.. Runs.Select(run =>
        {
            JsonObject json = ToJson(run);
            json["filesSha256"] = _files[run];
            return json;
        })]),
        ["differences"] = new JsonObject(
            Differences.Select(row => KeyValuePair.Create(row.Name,
                (JsonNode?)new JsonArray([.. row.Values.Select(value => JsonValue.Create(value))])))),
        ["sameData"] = SameData,
    };

    /// <summary>One run.</summary>
    public static JsonObject ToJson(PcDartsRun run)
    {
        ModelFacts facts = run.History is { } history ? ModelFacts.Of(run.Genotype!, history) : new ModelFacts { Genotype = run.Genotype };
        JsonObject json = facts.ToJson(run.TestAccuracy ?? run.ValidationAccuracy, model: null);
        json.Remove("model");
        json["run"] = run.WorkspacePath;
        json["state"] = run.State.ToString().ToLowerInvariant();
        json["stopReason"] = run.History?.StopReason.ToString();
        json["returnedEpoch"] = run.History?.ReturnedEpoch;
        json["validationAccuracy"] = run.ValidationAccuracy;
        json["validationAccuracyInterval"] = EvaluateCommand.Interval(run.History?.ValidationEstimate);
        json["testAccuracy"] = run.TestAccuracy;
        json["testAccuracyInterval"] = EvaluateCommand.Interval(run.TestEstimate);
        json["testPictures"] = run.TestPictures;
        json["elapsedSeconds"] = run.Last?.Elapsed.TotalSeconds;
        json["seed"] = run.Seed;
        json["device"] = run.Device;
        json["dataSha256"] = run.DataSha256;
        return json;
    }

    private static IEnumerable<(string Name, string? Value)> Settings(PcDartsRun run) =>
    [
        .. run.Options.Select(option => (option.Key, (string?)option.Value)),
        ("Device", run.Device),
        ("Precision", run.Precision),
        ("Threads", run.Threads.ToString(CultureInfo.InvariantCulture)),
        .. run.Versions.Select(version => ($"{version.Key} version", (string?)version.Value)),
    ];
}
