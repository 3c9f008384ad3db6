using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Pictures of the classes that a network does not know, and the ways to learn them.</summary>
internal sealed class TransferPictures : IDisposable
{
    private const string Features = "Features";
    private readonly MLContext _ml;
    private readonly string _weights;
    private readonly PcDartsTransformer _backbone;
    private readonly ITransformer _reader, _toPixels;
    private readonly Picture[] _train;
    private readonly Dictionary<Way, IDataView> _test;
    private readonly IDataView _testPictures;

    public TransferPictures(MLContext ml, string weights, string train, string test)
    {
        (_ml, _weights) = (ml, weights);
        _backbone = ml.Model.LoadPcDartsWeights(weights, new()
        {
            PooledFeaturesColumnName = Features,
            ScoreColumnName = "OldScore",
            PredictedLabelColumnName = "OldLabel",
        });
        _train = Unknown(train);
        Picture[] all = Unknown(test);
        (Classes, TestCount) = ([.. all.Select(picture => picture.Label).Distinct()], all.Length);
        IDataView rows = ml.Data.LoadFromEnumerable(all);
        // Fitted once: every draw has the same keys.
        _reader = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.LoadImages("Image", imageFolder: null, "ImagePath")).Fit(rows);
        _testPictures = _reader.Transform(rows);
        _toPixels = ml.Transforms.ResizeImages("Pixels", _backbone.Shape.ImageWidth, _backbone.Shape.ImageHeight, "Image",
            ImageResizingEstimator.ResizingKind.Fill)
            .Append(ml.Transforms.ExtractPixels(Features, "Pixels")).Fit(_testPictures);
        _test = Enum.GetValues<Way>().ToDictionary(way => way, way => Read(_testPictures, way));
    }

    /// <summary>The rows that another trainer reads.</summary>
    public enum Way
    {
        Features,
        Pixels,
    }

    public IReadOnlyList<string> Classes { get; }

    public int TestCount { get; }

    public void Dispose() => _backbone.Dispose();

    /// <summary>Draws pictures and learns from their files.</summary>
    /// <param name="count">Pictures of each class.</param>
    /// <param name="draw">Another number, other pictures.</param>
    /// <param name="learn">Makes a model of pictures and the way that the test pictures are to be read for it.</param>
    /// <returns>Share of the test pictures that are named rightly, and the seconds from the files to the model.</returns>
    public (double Accuracy, double Seconds) Learn(int count, int draw, Func<IDataView, (ITransformer Model, Way? Way)> learn)
    {
        var random = new Random(draw);
        IDataView few = _reader.Transform(_ml.Data.LoadFromEnumerable(_train.GroupBy(picture => picture.Label).SelectMany(group =>
        {
            Picture[] shuffled = [.. group];
            random.Shuffle(shuffled);
            return shuffled.Take(count);
        }).ToArray()));
        var clock = Stopwatch.StartNew();
        (ITransformer model, Way? way) = learn(few);
        double seconds = clock.Elapsed.TotalSeconds;
        double accuracy = _ml.MulticlassClassification.Evaluate(
            model.Transform(way is { } known ? _test[known] : _testPictures)).MicroAccuracy;
        (model as IDisposable)?.Dispose();
        return (accuracy, seconds);
    }

    public (ITransformer Model, Way? Way) Sdca(IDataView few, Way way) =>
        (_ml.Transforms.NormalizeMeanVariance(Features, fixZero: false)
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Label", Features, l2Regularization: 0.1f,
                maximumNumberOfIterations: 500)).Fit(Read(few, way)), way);

    public (ITransformer Model, Way? Way) LightGbm(IDataView few, Way way)
        => (_ml.MulticlassClassification.Trainers.LightGbm("Label", Features).Fit(Read(few, way)), way);

    /// <summary>The network itself, all but its classifier frozen.</summary>
    public (ITransformer Model, Way? Way) FineTune(IDataView few, int epochs) =>
        (_ml.MulticlassClassification.Trainers.PcDarts(new PcDartsTrainer.Options
        {
            InitialModel = _weights,
            FreezeBackbone = true,
            Epochs = epochs,
            BatchSize = 32,
            Seed = 1,
        }).Fit(few), null);

    private IDataView Read(IDataView pictures, Way way)
        => _ml.Data.Cache((way == Way.Features ? _backbone : _toPixels).Transform(pictures), "Label", Features);

    private Picture[] Unknown(string folder)
    {
        IDataView rows = _ml.Data.LoadImageFolder(folder);
        return [.. rows.GetColumn<string>("ImagePath")
            .Zip(rows.GetColumn<string>("Label"), (path, label) => new Picture { ImagePath = path, Label = label })
            .Where(picture => !_backbone.ClassNames.Contains(picture.Label))];
    }

    private sealed class Picture
    {
        public string ImagePath { get; init; } = "";

        public string Label { get; init; } = "";
    }
}
