using System.Globalization;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>The contents of a file of weights: weights under the names of the paper's code, and a description of their network.</summary>
internal sealed class NetworkWeights
{
    private const string ClassifierPrefix = NetworkPlan.ClassifierName + ".";
    private const string AuxiliaryPrefix = NetworkPlan.AuxiliaryHeadName + ".";
    private readonly IReadOnlyDictionary<string, string> _metadata;
    private readonly string _path;

    private NetworkWeights(string path, IReadOnlyDictionary<string, TensorData> weights, IReadOnlyDictionary<string, string> metadata)
    {
        (_path, Weights, _metadata) = (path, weights, metadata);
        TensorChecks.CheckNetwork(weights);
        NetworkShape? known = Known<NetworkShape>(ModelMetadata.Shape);
        if (known is not null)
            ModelMetadata.Check(known, ModelMetadata.Shape);
        NetworkShape shape = ShapeOf(weights);
        int side = shape.Stem == NetworkStem.Cifar ? 32 : 224;
        Shape = shape with { ImageHeight = known?.ImageHeight ?? side, ImageWidth = known?.ImageWidth ?? side };
        Genotype = Known<Genotype>(ModelMetadata.Genotype);
        ClassNames = Known<string[]>(ModelMetadata.ClassNames);
        Mean = Known<float[]>(ModelMetadata.Mean);
        Std = Known<float[]>(ModelMetadata.Std);
        History = Known<TrainingHistory>(ModelMetadata.History);
        if (History is not null)
            ModelMetadata.Check(History, ModelMetadata.History);
        if (ClassNames is not null && ClassNames.Contains(null))
            throw new InvalidDataException($"its metadata entry '{ModelMetadata.ClassNames}' is damaged: a name is null");
    }

    public IReadOnlyDictionary<string, TensorData> Weights { get; }

    /// <summary>Read off the weights; the size of the pictures is the file's, or that of the paper's data.</summary>
    public NetworkShape Shape { get; }

    public Genotype? Genotype { get; }

    public string[]? ClassNames { get; }

    public float[]? Mean { get; }

    public float[]? Std { get; }

    public TrainingHistory? History { get; }

    /// <summary>Reads a safetensors file or a zip of PyTorch.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or holds something else; the message names it.</exception>
    public static NetworkWeights Read(string path)
    {
        TensorFile file = TensorFile.Read(path, ArchitectureValues.Names);
        try
        {
            return new NetworkWeights(path, file.Tensors, file.Metadata);
        }
        catch (InvalidDataException damage)
        {
            throw Unreadable(path, damage);
        }
    }

    /// <summary>Checks that every weight that an architecture needs is there, and no other.</summary>
    /// <exception cref="InvalidDataException">One is missing, has another shape, or is one too many; the message names it.</exception>
    public void Check(Genotype genotype)
    {
        NetworkPlan plan;
        try
        {
            plan = NetworkPlan.Of(genotype, Shape with { AuxiliaryHead = false });
            plan.Check(Weights);
        }
        catch (Exception mismatch) when (mismatch is ArgumentException or OverflowException)
        {
            throw Unreadable(_path, mismatch);
        }

        HashSet<string> needed = [.. plan.Weights.Select(weight => weight.Name)];
        if (Weights.Keys.FirstOrDefault(name => !needed.Contains(name) && !IsAuxiliary(name)) is { } unknown)
        {
            throw Unreadable(_path, new InvalidDataException(
                $"its '{unknown}' belongs to another architecture than the genotype {genotype.ToPython()}"));
        }
    }

    /// <summary>A network's weights, replaced by those of this file: the classifiers' only where both have the same classes.</summary>
    /// <param name="own">All weights of the network.</param>
    /// <param name="classNames">The network's classes.</param>
    public IReadOnlyDictionary<string, TensorData> MergedInto(IReadOnlyDictionary<string, TensorData> own, IReadOnlyList<string> classNames)
    {
        bool sameClasses = ClassNames is { } names && names.SequenceEqual(classNames);
        return own.ToDictionary(
            entry => entry.Key,
            entry => Replaces(entry.Key) && Weights.TryGetValue(entry.Key, out TensorData? given) ? given : entry.Value,
            StringComparer.Ordinal);

        bool Replaces(string name) => sameClasses || !IsClassifier(name);
    }

    /// <summary>Whether a weight is one of the classifier or of the auxiliary head.</summary>
    public static bool IsClassifier(string name) => name.StartsWith(ClassifierPrefix, StringComparison.Ordinal) || IsAuxiliary(name);

    /// <summary>Whether a weight belongs to the auxiliary head.</summary>
    public static bool IsAuxiliary(string name) => name.StartsWith(AuxiliaryPrefix, StringComparison.Ordinal);

    private static InvalidDataException Unreadable(string path, Exception cause)
        => new($"'{path}' cannot be read as weights of a PC-DARTS network: {cause.Message.TrimEnd('.')}.", cause);

    /// <summary>What the weights tell of the network by their names and shapes.</summary>
    private static NetworkShape ShapeOf(IReadOnlyDictionary<string, TensorData> weights)
    {
        if (SupernetWeights.AreIn(weights))
        {
            throw new InvalidDataException("it holds the supernet of a search. ArchitectureValues.Load ('genotype show') "
                + "decodes its genotype, Options.InitialSupernet ('fit --initial-supernet') goes on searching from it");
        }

        bool imageNet = weights.ContainsKey("stem0.0.weight");
        int stem = imageNet ? Rows("stem0.3.weight", "[C, C / 2, 3, 3]", shape => shape is [var c, var half, 3, 3] && c == 2 * half)
            : Rows("stem.0.weight", "[3 C, 3, 3, 3]", shape => shape is [var c, 3, 3, 3] && c % 3 == 0);
        int[] cells = [.. weights.Keys.Select(name => name.Split('.')).Where(parts => parts is ["cells", _, ..])
            .Select(parts => int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int cell) ? cell : -1)
            .Distinct()
            .Order()];
        if (!cells.SequenceEqual(Enumerable.Range(0, cells.Length)))
        {
            throw new InvalidDataException($"it has {cells.Length} cells, and they are not numbered 0 to {cells.Length - 1}: "
                + string.Join(", ", cells.Take(20)));
        }

        int classes = Rows("classifier.weight", "[classes, features]", shape => shape.Length == 2);
        Rows("classifier.bias", $"[{classes}], one for each row of 'classifier.weight'", shape => shape is [var count] && count == classes);
        return new NetworkShape
        {
            InitialChannels = imageNet ? stem : stem / 3,
            Layers = cells.Length,
            Classes = classes,
            Stem = imageNet ? NetworkStem.ImageNet : NetworkStem.Cifar,
            AuxiliaryHead = weights.Keys.Any(IsAuxiliary),
        };

        // The tensor has as many values as its shape says, so what is sized by its rows is justified by the bytes of the file.
        int Rows(string name, string needed, Func<long[], bool> fits)
        {
            if (!weights.TryGetValue(name, out TensorData? tensor))
                throw new InvalidDataException($"it has no '{name}', which every network of the paper's code has");
            if (!fits(tensor.Shape))
            {
                throw new InvalidDataException(
                    $"its '{name}' is [{string.Join(", ", tensor.Shape)}]; networks of the paper's code have {needed}");
            }

            return (int)tensor.Shape[0];
        }
    }

    private T? Known<T>(string key)
        where T : class => _metadata.ContainsKey(key) ? ModelMetadata.Read<T>(_metadata, key) : null;
}
