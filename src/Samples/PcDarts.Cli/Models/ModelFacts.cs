using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts;

namespace PcDarts.Cli.Models;

/// <summary>Facts about a model: the part of the JSON result that all commands share.</summary>
internal sealed record ModelFacts
{
    public Genotype? Genotype { get; init; }

    public long? Parameters { get; init; }

    public long? MultiplyAdds { get; init; }

    public double? SearchSeconds { get; init; }

    public double? TrainSeconds { get; init; }

    public double? SearchImagesPerSecond { get; init; }

    public double? TrainImagesPerSecond { get; init; }

    public long? PeakMemoryBytes { get; init; }

    /// <summary>Null on a CPU.</summary>
    public long? PeakGpuMemoryBytes { get; init; }

    public string? WeightsSha256 { get; init; }

    /// <summary>Null where the model does not tell.</summary>
    public RunVerdict? Verdict { get; init; }

    public static ModelFacts Of(Genotype genotype, TrainingHistory history) => new()
    {
        Genotype = genotype,
        Parameters = history.Size.Parameters,
        MultiplyAdds = history.Size.MultiplyAdds,
        SearchSeconds = history.SearchTime.TotalSeconds,
        TrainSeconds = history.TrainingTime.TotalSeconds,
        SearchImagesPerSecond = history.SearchImagesPerSecond,
        TrainImagesPerSecond = history.TrainingImagesPerSecond,
        PeakMemoryBytes = history.PeakMemoryBytes,
        PeakGpuMemoryBytes = history.PeakGpuMemoryBytes > 0 ? history.PeakGpuMemoryBytes : null,
        WeightsSha256 = history.WeightsSha256,
        Verdict = history.Verdict,
    };

    /// <summary>Reads the metadata of a model.zip or model.onnx.</summary>
    /// <exception cref="InvalidDataException">It is damaged or was not made by PC-DARTS.</exception>
    public static ModelFacts Read(string path)
    {
        PcDartsModelInfo info = PcDartsModelInfo.Read(path);
        return Of(info.Genotype, info.History);
    }

    /// <summary>
    /// As <see cref="Read"/>, with nothing known of a model from elsewhere: any ML.NET image classifier can be evaluated.
    /// </summary>
    public static ModelFacts ReadIfKnown(string path)
    {
        try
        {
            return Read(path);
        }
        catch (InvalidDataException)
        {
            return new ModelFacts();
        }
    }

    /// <summary>The shared JSON object; keys without a value are null.</summary>
    public JsonObject ToJson(double? accuracy, string? model) => new()
    {
        ["accuracy"] = accuracy,
        ["genotype"] = Genotype is null ? null : JsonNode.Parse(Genotype.ToJson()),
        ["parameters"] = Parameters,
        ["multiplyAdds"] = MultiplyAdds,
        ["searchSeconds"] = SearchSeconds,
        ["trainSeconds"] = TrainSeconds,
        ["searchImagesPerSecond"] = SearchImagesPerSecond,
        ["trainImagesPerSecond"] = TrainImagesPerSecond,
        ["peakMemoryBytes"] = PeakMemoryBytes,
        ["peakGpuMemoryBytes"] = PeakGpuMemoryBytes,
        ["architectureSha256"] = Genotype?.Sha256(),
        ["weightsSha256"] = WeightsSha256,
        ["verdict"] = Verdict is { } verdict ? ToJson(verdict) : null,
        ["model"] = model,
    };

    private static JsonObject ToJson(RunVerdict verdict) => new()
    {
        ["evidence"] = verdict.Evidence.ToString(),
        ["architectureSteps"] = verdict.ArchitectureSteps,
        ["alphaEntropy"] = verdict.AlphaEntropy,
        ["betaEntropy"] = verdict.BetaEntropy,
        ["alphaWalk"] = verdict.AlphaWalk,
        ["betaWalk"] = verdict.BetaWalk,
        ["candidatesAsked"] = verdict.CandidatesAsked,
        ["candidatesTried"] = verdict.CandidatesTried,
        ["chosenCandidate"] = verdict.ChosenCandidate,
        ["trainingPasses"] = verdict.TrainingPasses,
        ["fallsShort"] = verdict.FallsShort,
        ["suggestedTimeBudgetSeconds"] = verdict.SuggestedTimeBudget?.TotalSeconds,
        ["suggestedEpochs"] = verdict.SuggestedEpochs,
        ["summary"] = verdict.Summary,
    };
}
