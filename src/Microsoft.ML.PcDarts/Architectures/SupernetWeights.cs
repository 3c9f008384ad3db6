using System.Text.Json;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>A supernet in a file: weights and running statistics under the names of the paper's code (<c>Network</c> of model_search.py),
/// and α and β if they are there.</summary>
internal sealed class SupernetWeights
{
    /// <summary>Prefix of the names of the supernet's weights in a checkpoint.</summary>
    public const string CheckpointPrefix = "supernet.";
    private const string ClassifierPrefix = "classifier.";
    private const string ShapeKey = "pcdarts.supernet", VersionsKey = "pcdarts.versions";
    private readonly string _path;

    /// <param name="path">Name of the file in messages.</param>
    /// <param name="tensors">Weights, α and β, or the tensors of a search's checkpoint.</param>
    /// <exception cref="InvalidDataException">They are no supernet's; the message names the file and what is missing or wrong.</exception>
    public SupernetWeights(string path, IReadOnlyDictionary<string, TensorData> tensors)
    {
        _path = path;
        Architecture = ArchitectureValues.Names.Where(tensors.ContainsKey).ToDictionary(name => name, name => tensors[name]);
        IReadOnlyDictionary<string, TensorData> checkpoint = TensorNames.WithPrefix(tensors, CheckpointPrefix);
        Weights = checkpoint.Count > 0
            ? checkpoint
            : tensors.Where(entry => !Architecture.ContainsKey(entry.Key)).ToDictionary(StringComparer.Ordinal);
        try
        {
            TensorChecks.CheckNetwork(Weights);
            Shape = ShapeOf(Weights);
            int edges = new CellTopology(Shape.Nodes).EdgeCount;
            if (ArchitectureValues.Of(Architecture) is { } values && values.BetaNormal.Count != edges)
                throw new InvalidDataException($"its α and β have {values.BetaNormal.Count} edges, its cells {edges}");
        }
        catch (Exception damage) when (damage is InvalidDataException or ArgumentException)
        {
            throw Unreadable(damage);
        }
    }

    /// <summary>Read off the weights.</summary>
    public SupernetShape Shape { get; }

    /// <summary>Weights and running statistics.</summary>
    public IReadOnlyDictionary<string, TensorData> Weights { get; }

    /// <summary>α and β of both cells; empty if the file has none.</summary>
    public IReadOnlyDictionary<string, TensorData> Architecture { get; }

    /// <summary>Whether α and β are there.</summary>
    public bool HasArchitecture => Architecture.Count > 0;

    /// <summary>SHA-256 over everything in the file that counts.</summary>
    public string Sha256 => WeightsHash.Sha256(All());

    /// <summary>Reads a safetensors file, also a checkpoint's, or a zip of PyTorch.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or holds something else; the message names it.</exception>
    public static SupernetWeights Read(string path) => new(path, TensorFile.Read(path, ArchitectureValues.Names).Tensors);

    /// <summary>Whether tensors are those of a supernet: each of its edges has several operations.</summary>
    public static bool AreIn(IReadOnlyDictionary<string, TensorData> tensors) =>
        tensors.Keys.Any(name => name.Split('.') is ["cells", _, "_ops", _, "_ops", ..]);

    /// <summary>Writes a safetensors file with all tensors; the metadata hold shape and versions as JSON.</summary>
    public void Write(string path) => SafetensorsFile.Write(path, All(), new Dictionary<string, string>
    {
        [ShapeKey] = JsonSerializer.Serialize(Shape, JsonFormat.Compact),
        [VersionsKey] = JsonSerializer.Serialize(PackageVersion.OfLibraries(), JsonFormat.Compact),
    });

    /// <summary>Whether a weight belongs to the classifier.</summary>
    public static bool IsClassifier(string name) => name.StartsWith(ClassifierPrefix, StringComparison.Ordinal);

    /// <summary>The error for a file that holds no supernet, or none of the wanted shape.</summary>
    public InvalidDataException Unreadable(Exception cause) => new(
        $"'{_path}' cannot be read as the supernet of a PC-DARTS search: {cause.Message.Split(" (Parameter")[0].TrimEnd('.')}. "
        + "Save it with torch.save(model.state_dict(), path), model being a Network of the paper's model_search.py, "
        + "or with PcDartsRun.SaveSupernet ('export DIR FILE').",
        cause);

    private Dictionary<string, TensorData> All() => Weights.Concat(Architecture).ToDictionary(StringComparer.Ordinal);

    /// <summary>Shape of the supernet, read from the names and shapes of its weights.</summary>
    private static SupernetShape ShapeOf(IReadOnlyDictionary<string, TensorData> weights)
    {
        if (!AreIn(weights))
            throw new InvalidDataException("none of its edges has several operations, such as 'cells.0._ops.0._ops.4.op.1.weight'");
        bool imageNet = weights.ContainsKey("stem0.0.weight");
        string[][] names = [.. weights.Keys.Select(name => name.Split('.'))];
        int layers = names.Where(parts => parts is ["cells", _, ..]).Select(parts => parts[1]).Distinct().Count();
        int edges = names.Where(parts => parts is ["cells", "0", "_ops", _, ..]).Select(parts => parts[3]).Distinct().Count();
        int width = Rows("cells.0.preprocess1.op.1.weight"), channels = CellTopology.IsReduction(0, layers) ? width / 2 : width;
        if (CellTopology.OfEdges(edges) is not { Nodes: <= ShapeLimits.Nodes } topology)
        {
            throw new InvalidDataException(
                $"its cell 0 has {edges} edges; {CellTopology.EdgeCounts}, of a supernet up to {ShapeLimits.Nodes}");
        }

        if (channels is < 1 or > ShapeLimits.Channels || layers > ShapeLimits.Layers)
        {
            throw new InvalidDataException(
                $"it has {channels} channels and {layers} cells; 1 to {ShapeLimits.Channels} channels and 1 to "
                    + $"{ShapeLimits.Layers} cells are read");
        }

        var shape = new SupernetShape
        {
            InitialChannels = channels,
            Layers = layers,
            Classes = Rows("classifier.weight"),
            Stem = imageNet ? NetworkStem.ImageNet : NetworkStem.Cifar,
            Nodes = topology.Nodes,
            PartialChannels = width / Rows("cells.0._ops.0._ops.4.op.1.weight"),
            StemMultiplier = Rows(imageNet ? "stem0.3.weight" : "stem.0.weight") / channels,
        };
        shape.Validate();
        // A few small tensors can have the names of a supernet that fills the memory when it is built.
        long least = LeastValues(shape), held = weights.Values.Sum(tensor => (long)tensor.Count);
        if (held < least)
        {
            throw new InvalidDataException($"names and shapes are those of a supernet of {channels} channels (C), "
                + $"K {shape.PartialChannels}, {layers} cells of {shape.Nodes} nodes, "
                + $"which has more than {least} values; the file has {held}");
        }

        return shape;

        int Rows(string name) => weights.TryGetValue(name, out TensorData? tensor) && tensor is { Count: > 0, Shape: [var rows, ..] }
            ? (int)rows
            : throw new InvalidDataException($"it has no '{name}', which every supernet of the paper's code has");
    }

    // Somewhat fewer than a supernet has: those of the convolutions on its edges, and of the cells' two inputs as if they were as narrow as
    // they can be.
    private static long LeastValues(SupernetShape shape)
    {
        long values = 0, edges = new CellTopology(shape.Nodes).EdgeCount;
        foreach (CellPlace place in shape.Cells())
        {
            long width = place.Channels, partial = width / shape.PartialChannels;
            // Depthwise: two of 3×3 and of 5×5 for the separable ones, one each for the dilated; a 1×1 convolution behind each of the six.
            values += edges * (3 * (9 + 25) * partial + 6 * partial * partial) + width * width;
        }

        return values;
    }
}
