using System.Runtime.CompilerServices;
using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Runs;

/// <summary>
/// Rules of the records that a workspace's files hold, beyond what JSON itself can say. Each throws <see cref="InvalidDataException"/> with
/// the rule; who reads the file adds its name.
/// </summary>
internal static class RecordChecks
{
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(36_500);

    public static void Check(RunDescription run)
    {
        Require(run.Threads >= 1);
        Require(run.Started.Year is > 1 and < 9999);
        foreach ((string name, string value) in run.Options.Concat(run.Versions))
            Require(name is not null && value is not null);
        Check(run.Data);
        if (run.ValidationData is { } validation)
            Check(validation);
        try
        {
            _ = run.Given;
        }
        catch (GenotypeFormatException damage)
        {
            throw new InvalidDataException(damage.Message, damage);
        }
    }

    public static void Check(RunResult result)
    {
        Check(result.Shape);
        Require(result.ClassNames.All(name => name is not null));
        TrainingHistory history = result.History;
        Require(history is { TrainingImages: >= 0, ValidationImages: >= 0, MissingLabels: >= 0, SkippedImages: >= 0, ReturnedEpoch: >= 0 });
        Require(history is { PeakMemoryBytes: >= 0, PeakGpuMemoryBytes: >= 0, Size: { Parameters: >= 0, MultiplyAdds: >= 0 } });
        Require(history is { SearchImagesPerSecond: >= 0, TrainingImagesPerSecond: >= 0 });
        foreach (TimeSpan time in (TimeSpan[])[history.ReadTime, history.SearchTime, history.TrainingTime])
            Check(time);
        foreach (EpochMetrics epoch in history.Epochs)
            Check(epoch);
    }

    public static void Check(RunPredictions predictions)
    {
        foreach (PicturePrediction picture in predictions.Pictures)
        {
            Require(picture is not null);
            Require(picture.Probability is >= 0 and <= 1.001f); // a rounded sum
        }
    }

    public static void Check(RunState state)
    {
        Require(state.Phase == TrainingPhase.Search || state.Found is not null);
        Require(state.Phase != TrainingPhase.Selection || state.Found!.Candidates.Count > 1);
        Require(state.Phase != TrainingPhase.Training || state.Shape is not null);
        Require(state.MetricsBytes >= 0);
        Check(state.Elapsed);
        Check(state.Progress.Elapsed);
        Require(state.Progress is { Epoch: >= 0, Step: >= 0, EpochSteps: >= 0 });
        Require(state.Progress is not SearchProgress search || search is { ArchitectureSteps: >= 0, UnchangedEpochs: >= 0 });
        Require(state.Progress is not FinalProgress training || training is { BestEpoch: >= 0, ImprovedEpoch: >= 0 });
        Require(state.Progress.Plan is { Epochs: >= 1, StepsPerEpoch: >= 1, BatchSize: >= 1 });
        Require(state.Progress.LearningRateScale is > 0 and <= 1);
        Require(state.Progress is not FinalProgress final || final.Costs.All(cost => cost is { Width: >= 1, Height: >= 1, Cost: > 0 }));
        Require(state.Found is null || state.Found.Candidates.All(candidate => candidate is not null));
        if (state.Shape is { } shape)
            Check(shape);
        foreach (EpochMetrics epoch in state.Epochs)
            Check(epoch);
    }

    public static void Check(TrainingProgress report)
    {
        Require(
            report is
            {
                Phase: TrainingPhase.Search or TrainingPhase.Selection
                or TrainingPhase.Training, Epoch: >= 1, Epochs: >= 0, Step: >= 0, Steps: >= 0
            });
        Require(report is { EpochEnd: false } or { Loss: not null, Accuracy: not null, LearningRate: not null });
        Require(report is not { EpochEnd: true, Phase: TrainingPhase.Selection, Genotype: null });
        Check(report.Loss, report.Accuracy);
        Check(report.ValidationLoss, report.ValidationAccuracy);
        Require(report.LearningRate is null or >= 0 and < double.PositiveInfinity);
        Require(report.ImagesPerSecond >= 0);
        Check(report.Elapsed);
        if (report.Architecture is { } values)
            Check(values, report.Genotype);
    }

    private static void Check(EpochMetrics epoch)
    {
        Require(
            epoch is
            {
                Phase: TrainingPhase.Search or TrainingPhase.Selection
                or TrainingPhase.Training, Epoch: >= 1, ImagesPerSecond: >= 0, LearningRate: >= 0 and < double.PositiveInfinity
            });
        Require(epoch is not { Phase: TrainingPhase.Selection, Genotype: null });
        Check(epoch.Loss, epoch.Accuracy);
        Check(epoch.ValidationLoss, epoch.ValidationAccuracy);
        Check(epoch.Elapsed);
    }

    private static void Check(ArchitectureValues values, Genotype? genotype)
    {
        int edges = values.BetaNormal.Count, alphas = edges * PrimitiveNames.Searched.Count;
        Require(CellTopology.OfEdges(edges) is { } topology && (genotype is null || genotype.Nodes == topology.Nodes));
        Require(values.BetaReduce.Count == edges && values.AlphaNormal.Count == alphas && values.AlphaReduce.Count == alphas);
        foreach (IReadOnlyList<float> list in (IReadOnlyList<float>[])[
            values.AlphaNormal, values.AlphaReduce, values.BetaNormal, values.BetaReduce,
        ])
        {
            Require(list.All(float.IsFinite));
        }
    }

    private static void Check(DataDescription data)
        => Require(data is { Pictures: >= 1, Width: >= 1, Height: >= 1, Classes: >= 1, Sha256.Length: DataDescription.HashLength });

    private static void Check(NetworkShape shape)
    {
        try
        {
            shape.Validate();
        }
        catch (ArgumentOutOfRangeException damage)
        {
            throw new InvalidDataException(damage.Message, damage);
        }
    }

    private static void Check(double? loss, double? accuracy)
        => Require(loss is null or >= 0 and < double.PositiveInfinity && accuracy is null or >= 0 and <= 1);

    private static void Check(TimeSpan time) => Require(time >= TimeSpan.Zero && time < LongestTime);

    private static void Require(
        [System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool rule, [CallerArgumentExpression(nameof(rule))] string text = "")
    {
        if (!rule)
            throw new InvalidDataException($"it breaks the rule {text}");
    }
}
