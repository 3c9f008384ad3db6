using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Models;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class FineTuningTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    private string Weights => _folder.File("weights.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_FrozenBackbone_TrainsTheClassifierAlone()
    {
        using PcDartsTransformer first = Start();

        using PcDartsTransformer tuned = Fit(_ml, Tuning(freeze: true), Numbered());

        Assert.Equal(first.Genotype, tuned.Genotype);
        Assert.Equal(["0", "1", "2"], tuned.ClassNames);
        Assert.DoesNotContain(tuned.History.Epochs, epoch => epoch.Phase == TrainingPhase.Search);
        foreach ((string name, TensorData weights) in first.Model.Weights)
        {
            bool same = weights.Floats.AsSpan().SequenceEqual(tuned.Model.Weights[name].Floats);
            Assert.True(same != NetworkWeights.IsClassifier(name), name);
        }

        Assert.Equal(first.Model.Mean, tuned.Model.Mean);
        Assert.InRange(tuned.History.Epochs[^1].Accuracy, 0.6, 1);
    }

    [Fact]
    public void Fit_AllWeights_MoveFromWhereTheyStood()
    {
        using PcDartsTransformer first = Start();

        using PcDartsTransformer tuned = Fit(_ml, Tuning(freeze: false), Numbered());

        string[] moved = [.. first.Model.Weights.Where(
            entry => !entry.Value.Floats.AsSpan().SequenceEqual(tuned.Model.Weights[entry.Key].Floats)).Select(entry => entry.Key)];
        Assert.Contains("stem.0.weight", moved);
        Assert.Equal(first.Model.Weights.Count, moved.Length);
    }

    [Fact]
    public void Fit_SameClasses_KeepTheClassifier()
    {
        using PcDartsTransformer first = Start();
        Views(_ml, 30, out IDataView view);
        PcDartsTrainer.Options options = Tuning(freeze: true);
        (options.LearningRate, options.Epochs, options.WeightDecay) = (1e-9, 1, 0);

        using PcDartsTransformer tuned = Fit(_ml, options, view);

        Assert.InRange(Golden.RelativeError(tuned.Model.Weights["classifier.weight"].Floats,
            first.Model.Weights["classifier.weight"].Floats), 0, 1e-6);
    }

    [Fact]
    public void Fit_WeightsOfANetworkOfPyTorch_TakesTheGenotypeOfTheOptions()
    {
        using PcDartsTransformer first = Start();
        SafetensorsFile.Write(Weights, first.Model.Weights); // without metadata, as other tools write it
        PcDartsTrainer.Options options = Tuning(freeze: true);
        Assert.Contains("does not say its genotype", Assert.Throws<ArgumentException>(() => Fit(_ml, options, Numbered())).Message,
            StringComparison.Ordinal);

        options.Genotype = first.Genotype;
        using PcDartsTransformer tuned = Fit(_ml, options, Numbered());

        Assert.Equal(first.Model.Weights["stem.0.weight"].Floats, tuned.Model.Weights["stem.0.weight"].Floats);
    }

    [Fact]
    public void Fit_InterruptedFineTuning_GoesOnWithTheMovedFile()
    {
        using (Start())
        {
        }

        string whole = Run(_folder.File("whole"), Weights, stopAfter: null)!, moved = _folder.File("moved.safetensors");
        Assert.Null(Run(_folder.File("broken"), Weights, stopAfter: 2));
        File.Move(Weights, moved);
        Assert.Equal(whole, Run(_folder.File("broken"), moved, stopAfter: null));

        string? Run(string workspace, string weights, int? stopAfter)
        {
            using var cancellation = new CancellationTokenSource();
            PcDartsTrainer.Options options = Tuning(freeze: true);
            (options.InitialModel, options.WorkspacePath, options.CancellationToken) = (weights, workspace, cancellation.Token);
            options.MetricsCallback = report =>
            {
                if (report.EpochEnd && report.Epoch == stopAfter)
                    cancellation.Cancel();
            };
            try
            {
                using PcDartsTransformer tuned = Fit(new MLContext(seed: 1), options, Numbered());
                return tuned.History.WeightsSha256;
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    [Fact]
    public void Fit_WhatCannotBeStartedFrom_SaysWhatCan()
    {
        using PcDartsTransformer first = Start();
        string zip = _folder.File("model.zip");
        _ml.Model.Save(first, Numbered().Schema, zip);
        PcDartsTrainer.Options options = Tuning(freeze: false);
        options.InitialModel = zip;
        Assert.Contains("weights.safetensors", Assert.Throws<InvalidDataException>(() => Fit(_ml, options, Numbered())).Message,
            StringComparison.Ordinal);

        (options.InitialModel, options.FreezeBackbone) = (null, true);
        Assert.Contains("FreezeBackbone needs an InitialModel",
            Assert.Throws<ArgumentException>(() => Fit(_ml, options, Numbered())).Message, StringComparison.Ordinal);
    }

    /// <summary>Trains a network on the colors and writes its weights.</summary>
    private PcDartsTransformer Start()
    {
        Views(_ml, 30, out IDataView view);
        PcDartsTransformer model = Fit(_ml, Quick(), view);
        model.SaveWeights(Weights);
        return model;
    }

    private PcDartsTrainer.Options Tuning(bool freeze)
    {
        PcDartsTrainer.Options options = Quick();
        // the file's count
        (options.InitialModel, options.FreezeBackbone, options.InitialChannels, options.Layers) = (Weights, freeze, 16, 5);
        return options;
    }

    /// <summary>The same pictures with numbers as classes.</summary>
    private IDataView Numbered()
    {
        IDataView source = Source(_ml, 30);
        return _ml.Transforms.Conversion.MapValueToKey("Label", "Number").Fit(source).Transform(source);
    }
}
