using System.Security.Cryptography;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Two networks of random weights as model.zip, pictures, and what ML.NET says of them with each.</summary>
internal sealed class ServeModels : IDisposable
{
    private const int Pictures = 32;
    private static readonly string[] Names = [.. Enumerable.Range(0, 10).Select(i => $"class {i}")];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("pcdarts-serve-").FullName;
    private readonly string[] _zips;
    private readonly byte[][] _pictures;

    public ServeModels(NetworkShape shape)
    {
        TorchRuntime.EnsureLoaded();
        string[] files = [.. Enumerable.Range(0, Pictures).Select(i => Draw(i, shape))];
        _pictures = [.. files.Select(File.ReadAllBytes)];
        _zips = [.. Enumerable.Range(1, 2).Select(seed => Save(shape, seed, files))];
        Served = Path.Combine(_folder, "model.zip");
        File.Copy(_zips[0], Served);
        Expected = _zips.ToDictionary(Id, zip => Score(zip, files));
    }

    /// <summary>The file that the server watches.</summary>
    public string Served { get; }

    /// <summary>By the name that answers give the model: each picture's classes and their probabilities.</summary>
    public IReadOnlyDictionary<string, Dictionary<string, float>[]> Expected { get; }

    public int Count => Pictures;

    /// <summary>A picture file: JPEG or PNG, some of the network's size.</summary>
    public byte[] Picture(int index) => _pictures[index];

    /// <summary>
    /// Replaces the served file by the other model, half of the times by renaming and half by writing over it, and waits until it answers.
    /// </summary>
    /// <returns>How many were taken over.</returns>
    public async Task<int> ReplaceAsync(int times, Func<Task<string>> servedModel)
    {
        int takenOver = 0;
        for (int i = 1; i <= times; i++)
        {
            string next = _zips[i % 2];
            if (i % 4 < 2)
            {
                File.Copy(next, Served + ".new", overwrite: true);
                File.Move(Served + ".new", Served, overwrite: true);
            }
            else
            {
                File.Copy(next, Served, overwrite: true);
            }
            using var patience = new CancellationTokenSource(Patience);
            string id = Id(next);
            while (!patience.IsCancellationRequested && await servedModel() != id)
                await Task.Delay(20);
            takenOver += patience.IsCancellationRequested ? 0 : 1;
        }
        return takenOver;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Id(string zip) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(zip)))[..12];

    private string Draw(int seed, NetworkShape shape)
    {
        (int width, int height) = seed % 2 == 0
            ? (shape.ImageWidth, shape.ImageHeight)
            : (3 * shape.ImageWidth + seed, 2 * shape.ImageHeight);
        using MLImage image = RandomPicture.Draw(seed, width, height);
        string file = Path.Combine(_folder, $"{seed}{(seed % 4 < 2 ? ".jpg" : ".png")}");
        image.Save(file);
        return file;
    }

    private string Save(NetworkShape shape, int seed, string[] files)
    {
        var ml = new MLContext(seed: 1);
        random.manual_seed(seed);
        using var network = new DiscoveredNetwork(KnownGenotypes.PcDartsCifar, shape, CPU);
        IDataView rows = ml.Data.LoadFromEnumerable(Names.Select((name, i) => new Row { ImagePath = files[i], Label = name }));
        ITransformer before = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.LoadImages("Image", null, "ImagePath")).Fit(rows);
        var history = new TrainingHistory
        {
            Epochs = [],
            TrainingImages = 0,
            ValidationImages = 0,
            Size = NetworkSize.Of(network.Genotype, shape),
            WeightsSha256 = "",
            Device = "cpu",
        };
        Dictionary<string, TensorData> weights = network.ExportWeights().ToDictionary();
        // Answers of fresh weights are nearly uniform; these are not, so that a wrong one shows.
        var spread = new Random(seed);
        foreach ((_, TensorData data) in weights.Where(weight => weight.Key.StartsWith("classifier.", StringComparison.Ordinal)))
        {
            for (int i = 0; i < data.Count; i++)
                data.Floats[i] = 4 * spread.NextSingle() - 2;
        }
        var model = new DiscoveredModel(network.Genotype, shape, weights, [0.5f, 0.5f, 0.5f], [0.25f, 0.25f, 0.25f], Names, history);
        DataViewSchema schema = before.GetOutputSchema(rows.Schema);
        using PcDartsTransformer fitted = PcDartsTransformer.Create(MlNetAccess.EnvironmentOf(ml.Data), model, schema,
            new ColumnNames("Label", "Image", "Score", "PredictedLabel"));
        string zip = Path.Combine(_folder, $"model-{seed}.zip");
        ml.Model.Save(new TransformerChain<ITransformer>(before, fitted), rows.Schema, zip);
        return zip;
    }

    private static Dictionary<string, float>[] Score(string zip, string[] files)
    {
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(zip, out _);
        using var owned = (IDisposable)model;
        IDataView scored = model.Transform(
            ml.Data.LoadFromEnumerable(files.Select(file => new Row { ImagePath = file, Label = Names[0] })));
        return [.. scored.GetColumn<float[]>("Score").Select(scores => Names.Zip(scores).ToDictionary())];
    }

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
