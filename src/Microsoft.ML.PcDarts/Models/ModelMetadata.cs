using System.Text.Json;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>The entries that travel in the ONNX metadata of a model, all of them JSON.</summary>
internal static class ModelMetadata
{
    public const string Genotype = "pcdarts.genotype";
    public const string ClassNames = "pcdarts.class_names";
    public const string Shape = "pcdarts.shape";
    public const string Mean = "pcdarts.mean";
    public const string Std = "pcdarts.std";
    public const string History = "pcdarts.history";
    public const string Versions = "pcdarts.versions";

    /// <summary>Largest side of the pictures that a network reads, in pixels.</summary>
    public const int MaximumSide = 4096;

    private static readonly JsonSerializerOptions Strict = new(JsonFormat.Compact) { RespectNullableAnnotations = true };

    public static IEnumerable<KeyValuePair<string, string>> Write(DiscoveredModel model) =>
    [
        new(Genotype, model.Genotype.ToJson()),
        new(ClassNames, JsonSerializer.Serialize(model.ClassNames, JsonFormat.Compact)),
        new(Shape, JsonSerializer.Serialize(model.Shape, JsonFormat.Compact)),
        new(Mean, JsonSerializer.Serialize(model.Mean, JsonFormat.Compact)),
        new(Std, JsonSerializer.Serialize(model.Std, JsonFormat.Compact)),
        new(History, JsonSerializer.Serialize(model.History, JsonFormat.Compact)),
        new(Versions, JsonSerializer.Serialize(PackageVersion.OfLibraries(), JsonFormat.Compact)),
    ];

    /// <exception cref="InvalidDataException">The entry is missing or damaged.</exception>
    public static T Read<T>(IReadOnlyDictionary<string, string> metadata, string key)
        where T : class
    {
        if (!metadata.TryGetValue(key, out string? json))
            throw new InvalidDataException($"its metadata lack '{key}'");
        try
        {
            return JsonSerializer.Deserialize<T>(json, Strict) ?? throw new InvalidDataException($"its metadata entry '{key}' is null");
        }
        catch (Exception exception) when (exception is JsonException or GenotypeFormatException or NotSupportedException
            or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw Damaged(key, exception.Message, exception);
        }
    }

    /// <exception cref="InvalidDataException">A member is out of range, or the pictures are larger than
    /// <see cref="MaximumSide"/>.</exception>
    public static void Check(NetworkShape shape, string key)
    {
        try
        {
            shape.Validate();
        }
        catch (ArgumentOutOfRangeException damage)
        {
            throw Damaged(key, damage.Message, damage);
        }

        if (shape.ImageWidth > MaximumSide || shape.ImageHeight > MaximumSide)
            throw Damaged(key, $"pictures of {shape.ImageWidth}×{shape.ImageHeight} pixels are larger than {MaximumSide} on a side");
    }

    /// <exception cref="InvalidDataException">They are not three numbers each, the deviations above 0.</exception>
    public static void Check(IReadOnlyList<float> mean, IReadOnlyList<float> deviation)
    {
        if (mean.Count != 3 || !mean.All(float.IsFinite))
            throw Damaged(Mean, "three finite numbers are needed, for red, green and blue");
        if (deviation.Count != 3 || !deviation.All(value => float.IsFinite(value) && value > 0))
            throw Damaged(Std, "three finite numbers above 0 are needed, for red, green and blue");
    }

    /// <exception cref="InvalidDataException">An epoch is missing.</exception>
    public static void Check(TrainingHistory history, string key)
    {
        if (history.Epochs.Contains(null!))
            throw Damaged(key, "an epoch is null");
    }

    private static InvalidDataException Damaged(string key, string why, Exception? cause = null)
        => new($"its metadata entry '{key}' is damaged: {why}", cause);
}
