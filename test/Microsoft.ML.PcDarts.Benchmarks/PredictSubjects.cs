using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>One network in all its forms, and the same pictures as files, as decoded images and as tensors.</summary>
internal sealed class PredictSubjects : IDisposable
{
    private static readonly string[] Names = [.. Enumerable.Range(0, 10).Select(i => $"class {i}")];
    private readonly string _folder = Directory.CreateTempSubdirectory("pcdarts-benchmark-").FullName;
    private readonly NetworkShape _shape;
    private readonly DiscoveredNetwork _network;
    private readonly PcDartsTransformer _fitted;
    private readonly ITransformer _fittedPipeline;
    private readonly ITransformer _loaded;
    private readonly PcDartsPredictor _predictor;
    private readonly InferenceSession _session;
    private readonly InferenceSession _singleThreadSession;
    private readonly string[] _files;
    private readonly MLImage[] _images;
    private readonly byte[] _pixels;
    private readonly Tensor _planes; // [N, 3, H, W] float32, normalized
    private readonly Tensor _channelsLast; // the same
    private readonly IDataView _rows;

    public PredictSubjects(NetworkShape shape, int rows)
    {
        _shape = shape;
        random.manual_seed(1);
        _network = new DiscoveredNetwork(KnownGenotypes.PcDartsCifar, shape, CPU) { UseKernels = false };
        _network.eval();
        _images = [.. Enumerable.Range(0, rows).Select(seed => RandomPicture.Draw(seed, shape.ImageWidth, shape.ImageHeight))];
        _files = [.. _images.Select((image, i) => Saved(image, Path.Combine(_folder, $"{i}.jpg")))];

        var ml = new MLContext(seed: 1);
        _rows = ml.Data.LoadFromEnumerable(_files.Select((file, i) => new Row { ImagePath = file, Label = Names[i % Names.Length] }));
        ITransformer before = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.LoadImages("Image", null, "ImagePath")).Fit(_rows);
        IDataView images = before.Transform(_rows);
        float[] mean = [0.5f, 0.5f, 0.5f], std = [0.25f, 0.25f, 0.25f];
        var model = new DiscoveredModel(_network.Genotype, shape, _network.ExportWeights(), mean, std, Names, History(_network.Genotype));
        _fitted = PcDartsTransformer.Create(MlNetAccess.EnvironmentOf(ml.Data), model, images.Schema,
            new ColumnNames("Label", "Image", "Score", "PredictedLabel"));
        _fittedPipeline = new TransformerChain<ITransformer>(before, _fitted);
        string zip = Path.Combine(_folder, "model.zip");
        ml.Model.Save(_fittedPipeline, _rows.Schema, zip);
        _loaded = new MLContext().Model.Load(zip, out _);
        _predictor = PcDartsPredictor.Load(zip);

        byte[] classifier = model.Writer().Classifier().ToByteArray();
        _session = new InferenceSession(classifier);
        using var oneThread = new SessionOptions { IntraOpNumThreads = 1 };
        _singleThreadSession = new InferenceSession(classifier, oneThread);
        IDataView pixels = ImagePreprocessing.Estimator(ml, "Image", "r", "p", shape.ImageWidth, shape.ImageHeight).Fit(images)
            .Transform(images);
        _pixels = [.. pixels.GetColumn<byte[]>("p").SelectMany(row => row)];
        using DisposeScope scope = NewDisposeScope();
        Tensor bytes = tensor(_pixels).reshape(rows, 3, shape.ImageHeight, shape.ImageWidth);
        _planes = Augmentation.Normalize(bytes, tensor(mean), tensor(std)).MoveToOuterDisposeScope();
        _channelsLast = ChannelsLast.Of(_planes).MoveToOuterDisposeScope();
    }

    /// <summary>The batch that the predictor has chosen.</summary>
    public int BatchSize => _predictor.BatchSize;

    /// <summary>The training network in evaluation mode with torch's own operations, on ready float tensors.</summary>
    public void Torch(int batch, int rows, bool channelsLast)
    {
        using IDisposable noGradient = no_grad();
        for (int first = 0; first < rows; first += batch)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor pictures = (channelsLast ? _channelsLast : _planes).narrow(0, first, Math.Min(batch, rows - first));
            _ = nn.functional.softmax(_network.Forward(pictures).Logits, 1).data<float>().ToArray();
        }
    }

    /// <summary>A session with ONNX Runtime's own defaults on ready byte tensors.</summary>
    public void Session(int batch)
    {
        for (int first = 0; first < _files.Length; first += batch)
            Score(_session, first, batch);
    }

    /// <summary>A session that uses one thread for a batch, called by as many threads as there are cores.</summary>
    public void ParallelSession(int batch) => Parallel.For(
        0, (_files.Length + batch - 1) / batch, new ParallelOptions { MaxDegreeOfParallelism = Processor.PhysicalCores() },
        i => Score(_singleThreadSession, i * batch, batch));

    public void PredictImages() => Check(_predictor.Predict(_images).Count);

    public void PredictOneByOne() => Check(_images.Select(image => _predictor.Predict(image)).Count(prediction => prediction.Index >= 0));

    public void PredictFiles() => Check(_predictor.Predict(_files).Count);

    public void LoadedTransform() => Walk(_loaded);

    public void FittedTransform() => Walk(_fittedPipeline);

    public void Dispose()
    {
        _predictor.Dispose();
        _session.Dispose();
        _singleThreadSession.Dispose();
        (_loaded as IDisposable)?.Dispose();
        _fitted.Dispose();
        _planes.Dispose();
        _channelsLast.Dispose();
        _network.Dispose();
        foreach (MLImage image in _images)
            image.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Score(InferenceSession session, int first, int batch)
    {
        int count = Math.Min(batch, _files.Length - first), length = 3 * _shape.ImageHeight * _shape.ImageWidth;
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, _pixels.AsMemory(first * length, count * length),
            [count, 3, _shape.ImageHeight, _shape.ImageWidth]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, ["image"], [input], ["probabilities"]);
        _ = results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private void Walk(ITransformer model)
    {
        IDataView scored = model.Transform(_rows);
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        ValueGetter<VBuffer<float>> getScore = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        VBuffer<float> score = default;
        int count = 0;
        for (; cursor.MoveNext(); count++)
            getScore(ref score);
        Check(count);
    }

    private void Check(int count)
    {
        if (count != _files.Length)
            throw new InvalidOperationException($"{count} of {_files.Length} pictures were scored.");
    }

    private static string Saved(MLImage image, string path)
    {
        image.Save(path);
        return path;
    }

    private TrainingHistory History(Genotype genotype) => new()
    {
        Epochs = [], TrainingImages = 0, ValidationImages = 0, Size = NetworkSize.Of(genotype, _shape), WeightsSha256 = "", Device = "cpu",
        Seed = 1, TrainingTime = TimeSpan.Zero,
    };

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
