using System.Text.Json;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>A supernet in a file: weights and running statistics under the names of the paper's code (<c>Network</c> of model_search.py),
/// and α and β if they are there.</summary>
internal sealed class SupernetWeights
{
    /// <summary>Prefix of the names of the supernet's weights in a checkpoint.</summary>
    public const string CheckpointPrefix = "supernet.";
    private const string ClassifierPrefix = "classifier.";
    private const string ShapeKey = "pcdarts.supernet", VersionsKey = "pcdarts.versions";
    private const int MostChannels = 1024, MostLayers = 100, MostNodes = 8; // as of the options
    private readonly string _path;
    private readonly IReadOnlyDictionary<string, TensorData> _weights, _architecture;

    /// <param name="path">Name of the file in messages.</param>
    /// <param name="tensors">Weights, α and β, or the tensors of a search's checkpoint.</param>
    /// <exception cref="InvalidDataException">They are no supernet's; the message names the file and what is missing or wrong.</exception>
    public SupernetWeights(string path, IReadOnlyDictionary<string, TensorData> tensors)
    {
        _path = path;
        _architecture = ArchitectureValues.Names.Where(tensors.ContainsKey).ToDictionary(name => name, name => tensors[name]);
        IReadOnlyDictionary<string, TensorData> checkpoint = ModuleWeights.WithPrefix(tensors, CheckpointPrefix);
        _weights = checkpoint.Count > 0
            ? checkpoint
            : tensors.Where(entry => !_architecture.ContainsKey(entry.Key)).ToDictionary(StringComparer.Ordinal);
        try
        {
            TensorChecks.CheckNetwork(_weights);
            Shape = ShapeOf(_weights);
            int edges = new CellTopology(Shape.Nodes).EdgeCount;
            if (ArchitectureValues.Of(_architecture) is { } values && values.BetaNormal.Count != edges)
                throw new InvalidDataException($"its α and β have {values.BetaNormal.Count} edges, its cells {edges}");
        }
        catch (Exception damage) when (damage is InvalidDataException or ArgumentException)
        {
            throw Foreign(damage);
        }
    }

    /// <summary>Read off the weights.</summary>
    public SupernetShape Shape { get; }

    /// <summary>Whether α and β are there.</summary>
    public bool HasArchitecture => _architecture.Count > 0;

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

    /// <summary>Checks that every weight that a search for so many classes needs is there, with its shape, and no other.</summary>
    /// <exception cref="InvalidDataException">It is not so; the message names file and weight.</exception>
    public void Check(int classes)
    {
        using var probe = new Supernet(Shape with { Classes = classes }, CPU);
        CopyTo(probe);
    }

    /// <summary>Overwrites the weights of a supernet of this shape; its classifier only where it has as many classes.</summary>
    /// <exception cref="InvalidDataException">A weight is missing, has another shape, or is one too many; the message names file and
    /// weight.</exception>
    public void CopyTo(Supernet supernet)
    {
        IReadOnlyDictionary<string, TensorData> weights = _weights;
        if (Shape.Classes != supernet.Shape.Classes)
        {
            weights = ModuleWeights.Export(supernet).Where(entry => IsClassifier(entry.Key))
                .Concat(_weights.Where(entry => !IsClassifier(entry.Key)))
                .ToDictionary();
        }

        try
        {
            ModuleWeights.Import(supernet, weights);
        }
        catch (ArgumentException mismatch)
        {
            throw Foreign(mismatch);
        }

        static bool IsClassifier(string name) => name.StartsWith(ClassifierPrefix, StringComparison.Ordinal);
    }

    /// <summary>Overwrites α and β, if the file has them.</summary>
    public void CopyTo(ArchitectureParameters architecture)
    {
        if (HasArchitecture)
            architecture.Import(_architecture);
    }

    private Dictionary<string, TensorData> All() => _weights.Concat(_architecture).ToDictionary(StringComparer.Ordinal);

    private InvalidDataException Foreign(Exception cause) => new(
        $"'{_path}' cannot be read as the supernet of a PC-DARTS search: {cause.Message.Split(" (Parameter")[0].TrimEnd('.')}. "
        + "Save it with torch.save(model.state_dict(), path), model being a Network of the paper's model_search.py, "
        + "or with PcDartsRun.SaveSupernet ('export DIR FILE').",
        cause);

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
        if (CellTopology.OfEdges(edges) is not { Nodes: <= MostNodes } topology)
            throw new InvalidDataException($"its cell 0 has {edges} edges; {CellTopology.EdgeCounts}, of a supernet up to {MostNodes}");
        if (channels is < 1 or > MostChannels || layers > MostLayers)
        {
            throw new InvalidDataException(
                $"it has {channels} channels and {layers} cells; 1 to {MostChannels} channels and 1 to {MostLayers} cells are read");
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
