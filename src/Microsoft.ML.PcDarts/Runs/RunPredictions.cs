using System.Text.Json.Serialization;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Predictions of a run's model for labeled pictures: the content of a workspace's predictions.json.</summary>
/// <param name="WeightsSha256">The model's <see cref="TrainingHistory.WeightsSha256"/>.</param>
/// <param name="Pictures">The pictures.</param>
internal sealed record RunPredictions(string WeightsSha256, IReadOnlyList<PicturePrediction> Pictures)
{
    public const string FileName = "predictions.json";

    [JsonIgnore]
    public double Accuracy => Pictures.Average(picture => picture.IsRight ? 1.0 : 0.0);

    /// <summary>Mistakes, the most confident first.</summary>
    [JsonIgnore]
    public IEnumerable<PicturePrediction> Mistakes
        => Pictures.Where(picture => !picture.IsRight)
            .OrderByDescending(picture => picture.Probability)
            .ThenBy(picture => picture.Path, StringComparer.Ordinal);

    /// <summary>Right ones: the first of each class, then the second of each, and so on.</summary>
    [JsonIgnore]
    public IEnumerable<PicturePrediction> Right => Pictures.Where(picture => picture.IsRight)
        .GroupBy(picture => picture.Label, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
        .SelectMany(group => group.Select((picture, rank) => (picture, rank))).OrderBy(pair => pair.rank).Select(pair => pair.picture);

    public void Write(string workspace) => ReportFile.Write(Path.Combine(workspace, FileName), this);

    /// <summary>The predictions that a workspace holds, or null if it holds none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static RunPredictions? Read(string workspace)
        => ReportFile.Read<RunPredictions>(Path.Combine(workspace, FileName), RecordChecks.Check,
        "Delete the file; it is written again when the run's predictions are.")?.Content;
}

/// <summary>One labelled picture and what the model said of it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Label">Its true class.</param>
/// <param name="Predicted">The likeliest class.</param>
/// <param name="Probability">Probability of that class, 0 to 1.</param>
internal sealed record PicturePrediction(string Path, string Label, string Predicted, float Probability)
{
    [JsonIgnore]
    public bool IsRight => Label == Predicted;
}
