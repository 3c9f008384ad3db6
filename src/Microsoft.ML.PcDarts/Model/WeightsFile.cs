using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.PcDarts;

/// <summary>Weights of a discovered network in a file of their own, under the names of the paper's code: safetensors, or a state dict that PyTorch wrote.</summary>
internal static class WeightsFile
{
    private const string ParallelPrefix = "module.";
    private const string AuxiliaryPrefix = "auxiliary_head.";

    /// <summary>Writes a model's weights as safetensors; the metadata hold all else that makes the model.</summary>
    public static void Write(string path, DiscoveredModel model) => SafetensorsFile.Write(path, model.Weights, ModelMetadata.Write(model).ToDictionary());

    /// <summary>Reads a model.</summary>
    /// <param name="path">A safetensors file or a zip of PyTorch.</param>
    /// <param name="options">What the file does not say, or what is to be taken instead.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or its weights are not those of the architecture; the message names it.</exception>
    /// <exception cref="ArgumentException">The file does not say something that the options lack, or an option does not fit it.</exception>
    public static DiscoveredModel Read(string path, PcDartsWeightsOptions options)
    {
        (IReadOnlyDictionary<string, TensorData> tensors, IReadOnlyDictionary<string, string> metadata) = ReadTensors(path);
        IReadOnlyDictionary<string, TensorData> weights = Named(tensors);
        try
        {
            NetworkShape? known = Known<NetworkShape>(metadata, ModelMetadata.Shape);
            NetworkShape shape = ShapeOf(weights) with { ImageHeight = known?.ImageHeight ?? 0, ImageWidth = known?.ImageWidth ?? 0 };
            int side = shape.Stem == NetworkStem.Cifar ? 32 : 224;
            shape = shape with
            {
                ImageHeight = options.ImageHeight ?? (shape.ImageHeight > 0 ? shape.ImageHeight : side),
                ImageWidth = options.ImageWidth ?? (shape.ImageWidth > 0 ? shape.ImageWidth : side),
            };
            shape.Validate();
            Genotype genotype = options.Genotype ?? Known<Genotype>(metadata, ModelMetadata.Genotype) ?? throw Unsaid(path, nameof(options.Genotype), "the architecture that was trained");
            string[] classNames = [.. options.ClassNames ?? Known<string[]>(metadata, ModelMetadata.ClassNames)
                ?? Enumerable.Range(0, shape.Classes).Select(label => label.ToString(CultureInfo.InvariantCulture))];
            if (classNames.Length != shape.Classes || classNames.Distinct(StringComparer.Ordinal).Count() != classNames.Length)
                throw new ArgumentException($"{nameof(options.ClassNames)} must be {shape.Classes} different names, one for each row of the classifier; there are {classNames.Length}.", nameof(options));
            float[] mean = [.. options.Mean ?? Known<float[]>(metadata, ModelMetadata.Mean) ?? throw Unsaid(path, nameof(options.Mean), "the mean that pictures were normalized with")];
            float[] deviation = [.. options.StandardDeviation ?? Known<float[]>(metadata, ModelMetadata.Std)
                ?? throw Unsaid(path, nameof(options.StandardDeviation), "the standard deviation that pictures were normalized with")];
            if (mean.Length != 3 || deviation.Length != 3 || !mean.All(float.IsFinite) || !deviation.All(value => float.IsFinite(value) && value > 0))
                throw new ArgumentException($"{nameof(options.Mean)} and {nameof(options.StandardDeviation)} must be 3 numbers each, for red, green and blue; deviations above 0.", nameof(options));

            string hash = WeightsHash.Sha256(weights);
            TrainingHistory? history = Known<TrainingHistory>(metadata, ModelMetadata.History);
            if (history?.WeightsSha256 != hash)
                history = Imported(NetworkSize.Of(genotype, shape), hash);
            var model = new DiscoveredModel(genotype, shape, weights, mean, deviation, classNames, history);
            Check(model);
            return model;
        }
        catch (InvalidDataException damage)
        {
            throw new InvalidDataException($"'{path}' cannot be read as weights of a PC-DARTS network: {damage.Message.TrimEnd('.')}.", damage);
        }
    }

    private static (IReadOnlyDictionary<string, TensorData> Tensors, IReadOnlyDictionary<string, string> Metadata) ReadTensors(string path)
    {
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            if (OnnxModelFile.IsZip(file))
                return (TorchFile.Read(path), new Dictionary<string, string>());
        }

        SafetensorsFile safetensors = SafetensorsFile.Read(path);
        return (safetensors.Tensors, safetensors.Metadata);
    }

    /// <summary>Float tensors without what PyTorch's data-parallel wrapper puts before their names. The counters of batches are not needed.</summary>
    private static IReadOnlyDictionary<string, TensorData> Named(IReadOnlyDictionary<string, TensorData> tensors)
    {
        Dictionary<string, TensorData> floats = tensors.Where(entry => entry.Value.DType == TensorDType.Float32).ToDictionary();
        return floats.Keys.All(name => name.StartsWith(ParallelPrefix, StringComparison.Ordinal)) ? ModuleWeights.WithPrefix(floats, ParallelPrefix) : floats;
    }

    private static T? Known<T>(IReadOnlyDictionary<string, string> metadata, string key)
        where T : class => metadata.ContainsKey(key) ? ModelMetadata.Read<T>(metadata, key) : null;

    /// <summary>What the weights tell of the network by their names and shapes.</summary>
    private static NetworkShape ShapeOf(IReadOnlyDictionary<string, TensorData> weights)
    {
        bool imageNet = weights.ContainsKey("stem0.0.weight");
        long stem = Rows(imageNet ? "stem0.3.weight" : "stem.0.weight");
        int[] cells = [.. weights.Keys.Select(name => name.Split('.')).Where(parts => parts is ["cells", _, ..])
            .Select(parts => int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int cell) ? cell : -1)];
        return new NetworkShape
        {
            InitialChannels = (int)(imageNet ? stem : stem / 3),
            Layers = cells.DefaultIfEmpty(-1).Max() + 1,
            Classes = (int)Rows("classifier.weight"),
            Stem = imageNet ? NetworkStem.ImageNet : NetworkStem.Cifar,
            AuxiliaryHead = weights.Keys.Any(name => name.StartsWith(AuxiliaryPrefix, StringComparison.Ordinal)),
        };

        long Rows(string name) => weights.TryGetValue(name, out TensorData? tensor) && tensor.Shape is [> 0 and var rows, ..]
            ? rows
            : throw new InvalidDataException($"it has no '{name}', which every network of the paper's code has");
    }

    /// <summary>Every weight that the architecture needs is there, and no other.</summary>
    private static void Check(DiscoveredModel model)
    {
        IReadOnlySet<string> needed;
        try
        {
            needed = model.Writer().WeightNames();
        }
        catch (ArgumentException missing)
        {
            throw new InvalidDataException(missing.Message, missing);
        }

        if (model.Weights.Keys.FirstOrDefault(name => !needed.Contains(name) && !name.StartsWith(AuxiliaryPrefix, StringComparison.Ordinal)) is { } unknown)
            throw new InvalidDataException($"its '{unknown}' belongs to another architecture than the genotype {JsonSerializer.Serialize(model.Genotype, JsonFormat.Compact)}");
    }

    private static TrainingHistory Imported(NetworkSize size, string hash) => new()
    {
        Epochs = [], TrainingImages = 0, ValidationImages = 0, Size = size, WeightsSha256 = hash, Device = "unknown",
    };

    private static ArgumentException Unsaid(string path, string option, string what)
        => new($"'{path}' does not say {what}; give it as {nameof(PcDartsWeightsOptions)}.{option}.", option);
}
