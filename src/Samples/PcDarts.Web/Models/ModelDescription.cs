using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts;

namespace PcDarts.Web.Models;

/// <summary>A model's description of itself, from the metadata of its network.</summary>
internal sealed record ModelDescription
{
    public required Genotype Genotype { get; init; }

    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>Channels, cells and picture size, as they were written.</summary>
    public required JsonNode Shape { get; init; }

    /// <summary>Parameters and multiply-adds, as they were written; null when the model does not say.</summary>
    public JsonNode? Size { get; init; }

    /// <summary>Accuracy on the pictures held out of the training, 0 to 1; null when none were.</summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>Versions of the libraries that trained it.</summary>
    public JsonNode? Versions { get; init; }

    /// <exception cref="InvalidDataException">The network was not made by the PC-DARTS trainer, or an entry is damaged.</exception>
    public static ModelDescription Read(IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            JsonObject history = Entry(metadata, "pcdarts.history").AsObject();
            return new ModelDescription
            {
                Genotype = Genotype.FromJson(metadata.GetValueOrDefault("pcdarts.genotype")
                    ?? throw new InvalidDataException("its network was not made by the PC-DARTS trainer")),
                ClassNames = Entry(metadata, "pcdarts.class_names").Deserialize<string[]>() ?? [],
                Shape = Entry(metadata, "pcdarts.shape"),
                Versions = Entry(metadata, "pcdarts.versions"),
                Size = history["size"]?.DeepClone(),
                ValidationAccuracy = Accuracy(history),
            };
        }
        catch (Exception exception) when (exception is JsonException or GenotypeFormatException or InvalidOperationException)
        {
            throw new InvalidDataException($"what it says of itself is damaged: {exception.Message}", exception);
        }
    }

    private static JsonNode Entry(IReadOnlyDictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out string? json) && JsonNode.Parse(json) is { } node
            ? node
            : throw new InvalidDataException($"its network's metadata lack '{key}'");

    // Of the epoch whose weights the model has; 0 stands for the last.
    private static double? Accuracy(JsonObject history)
    {
        int returned = (int?)history["returnedEpoch"] ?? 0;
        JsonNode? epoch = history["epochs"]?.AsArray().LastOrDefault(epoch =>
            (string?)epoch?["phase"] == "Training" && (returned == 0 || (int?)epoch["epoch"] == returned));
        return (double?)epoch?["validationAccuracy"];
    }
}
