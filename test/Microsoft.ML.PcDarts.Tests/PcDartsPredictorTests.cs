using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Tests.Scoring;

namespace Microsoft.ML.PcDarts.Tests;

public sealed partial class PcDartsPredictorTests : IDisposable
{
    private readonly SavedPipeline _saved = new();

    public void Dispose() => _saved.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(500)]
    public void Predict_PicturesOfAllKinds_EqualsMlNet(int? batchSize)
    {
        using var saved = new SavedPipeline(pictures: 120);
        float[][] expected = saved.ExpectedScores();
        using var predictor = PcDartsPredictor.Load(saved.Zip, new PcDartsPredictor.Options { BatchSize = batchSize });

        SavedPipeline.AssertPredictions(expected, predictor.Predict(saved.Files));
        MLImage[] images = [.. saved.Files.Select(MLImage.CreateFromFile)];
        SavedPipeline.AssertPredictions(expected, predictor.Predict(images));
        // They are the caller's: still there, and the same the second time.
        SavedPipeline.AssertPredictions(expected, predictor.Predict(images.AsEnumerable().Select(image => image)));
        SavedPipeline.AssertPredictions(expected[^1..], [predictor.Predict(saved.Files[^1])]);
        SavedPipeline.AssertPredictions(expected[^1..], [predictor.Predict(images[^1])]);
    }

    [Fact]
    public void Predict_PipelineThatChangesPictures_ChangesThemToo()
    {
        using var saved = new SavedPipeline(between: ml => ml.Transforms.ConvertToGrayscale("Image"));
        using var predictor = PcDartsPredictor.Load(saved.Zip);

        SavedPipeline.AssertPredictions(saved.ExpectedScores(), predictor.Predict(saved.Files));
        Assert.NotEqual(_saved.ExpectedScores()[3], saved.ExpectedScores()[3]);
    }

    [Fact]
    public void Predict_FromManyThreads_GivesEachItsOwnResults()
    {
        float[][] expected = _saved.ExpectedScores();
        using var predictor = PcDartsPredictor.Load(_saved.Zip);
        MLImage[] images = [.. _saved.Files.Select(MLImage.CreateFromFile)];

        RunAll(16, t =>
        {
            for (int round = 0; round < 4; round++)
            {
                int first = (t + round) % images.Length;
                int[] order = [.. Enumerable.Range(first, images.Length).Select(i => i % images.Length)];
                float[][] mine = [.. order.Select(i => expected[i])];
                SavedPipeline.AssertPredictions(mine,
                    t % 2 == 0 ? predictor.Predict(order.Select(i => _saved.Files[i])) : predictor.Predict(order.Select(i => images[i])));
                SavedPipeline.AssertPredictions([expected[first]], [predictor.Predict(_saved.Files[first])]);
            }
        });
    }

    [Fact]
    public void Predict_NumericKeyValues_GivesThemAsText()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = TinyModel.Data(ml);
        data = ml.Transforms.Conversion.MapValueToKey("Label", "Number").Fit(data).Transform(data);
        using var tiny = new TinyModel(ml, data.Schema);
        using var stream = new MemoryStream();
        ml.Model.Save(tiny.Transformer, data.Schema, stream);
        stream.Position = 0;
        using var predictor = PcDartsPredictor.Load(stream);

        PcDartsPrediction[] predictions = [.. predictor.Predict(TinyModel.Pictures(9, "cat").Select(picture => picture.Image!))];

        Assert.Equal(["0", "10", "20"], predictor.ClassNames);
        uint[] keys = [.. tiny.Transformer.Transform(data).GetColumn<uint>("PredictedLabel")];
        Assert.Equal(keys.Select(key => (int)key - 1), predictions.Select(prediction => prediction.Index));
        Assert.All(predictions, prediction => Assert.Equal(predictor.ClassNames[prediction.Index], prediction.Label));
    }

    [Fact]
    public void Predict_TwoModelsInOnePipeline_UsesTheLast()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = TinyModel.Keyed(ml);
        using var first = new TinyModel(ml, data.Schema);
        IDataView once = first.Transformer.Transform(data);
        using var second = new TinyModel(ml, once.Schema, columns: new ColumnNames("Label", "Image", "Score2", "Predicted2"), seed: 2);
        ml.Model.Save(new TransformerChain<ITransformer>(first.Transformer, second.Transformer), data.Schema, _saved.File("two.zip"));
        using var predictor = PcDartsPredictor.Load(_saved.File("two.zip"));

        SavedPipeline.AssertPredictions(second.TorchProbabilities(data),
            predictor.Predict(TinyModel.Pictures(9, "cat").Select(picture => picture.Image!)));
    }

    [Fact]
    public void Predict_Nothing_GivesNothing()
    {
        using var predictor = PcDartsPredictor.Load(_saved.Zip);
        Assert.Empty(predictor.Predict(Array.Empty<string>()));
        Assert.Empty(predictor.Predict(Enumerable.Empty<MLImage>().Where(image => image is not null)));
    }

    [Fact]
    public void Predict_NullPicture_NamesItsPosition()
    {
        using var predictor = PcDartsPredictor.Load(_saved.Zip, new PcDartsPredictor.Options { BadImages = BadImageHandling.Skip });
        Assert.Contains("position 1", Assert.Throws<ArgumentException>(() => predictor.Predict([_saved.Files[0], null!])).Message);
        using MLImage image = MLImage.CreateFromFile(_saved.Files[0]);
        Assert.Contains("position 2", Assert.Throws<ArgumentException>(() => predictor.Predict([image, image, null!])).Message);
    }

    [Fact]
    public void Predict_Cancelled_StopsAndTheNextCallWorks()
    {
        using var predictor = PcDartsPredictor.Load(_saved.Zip);
        using var source = new CancellationTokenSource();
        IEnumerable<string> endless = Enumerable.Range(0, int.MaxValue).Select(i =>
        {
            if (i == 50)
                source.Cancel();
            return _saved.Files[i % _saved.Files.Length];
        });

        Assert.ThrowsAny<OperationCanceledException>(() => predictor.Predict(endless, source.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => predictor.Predict(_saved.Files[0], source.Token));
        SavedPipeline.AssertPredictions(_saved.ExpectedScores(), predictor.Predict(_saved.Files));
    }

    [Fact]
    public void Predict_SourceThatThrows_PassesItOn()
    {
        using var predictor = PcDartsPredictor.Load(_saved.Zip);
        Assert.Throws<NotSupportedException>(
            () => predictor.Predict(_saved.Files.Select((file, i) => i < 9 ? file : throw new NotSupportedException())));
    }

    [Fact]
    public void Dispose_WhileOthersPredict_EndsTheirCalls()
    {
        var predictor = PcDartsPredictor.Load(_saved.Zip);
        using var started = new CountdownEvent(4);
        IEnumerable<string> Endless()
        {
            for (int i = 0; ; i++)
            {
                if (i == 20)
                    started.Signal();
                yield return _saved.Files[i % _saved.Files.Length];
            }
        }
        RunAll(4, _ => Assert.Throws<ObjectDisposedException>(() => predictor.Predict(Endless())), () =>
        {
            started.Wait();
            predictor.Dispose();
        });
        Assert.Throws<ObjectDisposedException>(() => predictor.Predict(_saved.Files));
        predictor.Dispose();
    }

    [Fact]
    public void Top_MoreThanThereAre_GivesAllInOrder()
    {
        using var predictor = PcDartsPredictor.Load(_saved.Zip);
        PcDartsPrediction prediction = predictor.Predict(_saved.Files[0]);
        IReadOnlyList<ClassProbability> top = prediction.Top(9);
        Assert.Equal(prediction.Probabilities.OrderDescending(), top.Select(pair => pair.Probability));
        Assert.Equal(new ClassProbability(prediction.Label, prediction.Probability), top[0]);
        Assert.Equal(SavedPipeline.Labels, top.Select(pair => pair.Label).Order());
        Assert.Equal(top[0], Assert.Single(prediction.Top(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => prediction.Top(0));
    }

    // Threads of their own, so that all run at once; their failed assertions must not end the process.
    private static void RunAll(int count, Action<int> work, Action? meanwhile = null)
    {
        var errors = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, count).Select(number => new Thread(() =>
        {
            try
            {
                work(number);
            }
            catch (Exception error)
            {
                errors.Enqueue(error);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        meanwhile?.Invoke();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Empty(errors);
    }
}
