using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;

namespace PcDarts.Cli.Rendering;

/// <summary>The tables that more than one command shows.</summary>
internal static class Tables
{
    /// <summary>Both cells side by side: for each node its two operations and what they read, named as in the drawings.</summary>
    public static void Cells(Terminal terminal, Genotype genotype)
    {
        int output = genotype.Nodes + 2;
        TextTable table = new("Node", "Normal cell", "Reduction cell");
        for (int node = 0; node < genotype.Nodes; node++)
            table.Add(NameOf(node + 2), Edges(genotype.Normal, node), Edges(genotype.Reduce, node));
        table.Add("output", Names(genotype.NormalConcat), Names(genotype.ReduceConcat));
        terminal.Show(table);
        terminal.Print($"A node adds its two operations; 'op(0)' applies op to node 0, 'op({NameOf(1)})' to the output of the cell before, "
            + $"'op({NameOf(0)})' to that of the one before it.");

        string Edges(IReadOnlyList<GenotypeEdge> edges, int node) =>
            string.Join(" + ", edges.Skip(2 * node).Take(2).Select(edge => $"{edge.Operation.Name()}({NameOf(edge.Input)})"));

        string Names(IEnumerable<int> states) => string.Join(", ", states.Select(NameOf));

        string NameOf(int state) => CellDrawing.StateName(state, output);
    }

    public static void Facts(Terminal terminal, params IEnumerable<(string Name, string? Value)> rows)
    {
        TextTable table = new TextTable("", "").WithoutHeadings();
        foreach ((string name, string? value) in rows)
        {
            if (value is not null)
                table.Add(name, value);
        }

        terminal.Show(table);
    }

    /// <summary>The rows of <see cref="Facts"/> on how a model came about.</summary>
    public static IEnumerable<(string Name, string? Value)> Rows(ModelFacts facts) =>
    [
        ("Parameters", facts.Parameters?.ToString("N0", CultureInfo.InvariantCulture)),
        ("Multiply-adds", facts.MultiplyAdds?.ToString("N0", CultureInfo.InvariantCulture)),
        ("Search", Time(facts.SearchSeconds, facts.SearchImagesPerSecond)),
        ("Training", Time(facts.TrainSeconds, facts.TrainImagesPerSecond)),
        ("Peak memory", facts.PeakMemoryBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB") : null),
        ("Peak GPU memory", facts.PeakGpuMemoryBytes is { } gpuBytes
            ? string.Create(CultureInfo.InvariantCulture, $"{gpuBytes / 1e6:N0} MB")
            : null),
    ];

    public static void Metrics(Terminal terminal, MulticlassClassificationMetrics metrics, IReadOnlyList<string> classNames)
    {
        TextTable table = new("Class", "Pictures", "Recall", "Precision", "Log loss");
        for (int i = 0; i < classNames.Count; i++)
        {
            double pictures = metrics.ConfusionMatrix.Counts[i].Sum();
            table.Add(classNames[i], Plain($"{pictures:F0}"), pictures > 0 ? Percent(metrics.ConfusionMatrix.PerClassRecall[i]) : "–",
                Predicted(metrics, i) > 0 ? Percent(metrics.ConfusionMatrix.PerClassPrecision[i]) : "–",
                pictures > 0 ? Plain($"{metrics.PerClassLogLoss[i]:F3}") : "–");
        }

        table.AlignNumbers();
        terminal.Show(table);
        Facts(terminal, ("Accuracy", Accuracy(Estimate(metrics))), ("Mean over classes", Percent(metrics.MacroAccuracy)),
            ("Log loss", Plain($"{metrics.LogLoss:F4}")));
    }

    /// <summary>Runs side by side, a row a quantity; settings that differ follow.</summary>
    public static void Runs(Terminal terminal, RunComparison comparison)
    {
        TextTable table = new(["", .. comparison.Names]);
        Add("State", RunComparison.State);
        Add("Test accuracy", run => run.TestEstimate is { } estimate ? Accuracy(estimate) : null);
        Add("Validation accuracy", run => run.History?.ValidationEstimate is { } estimate
            ? Accuracy(estimate)
            : run.ValidationAccuracy is { } accuracy ? Percent(accuracy) : null);
        Add("Weights of epoch", run => run.History?.ReturnedEpoch.ToString(CultureInfo.InvariantCulture));
        Add("Parameters", run => run.History?.Size.Parameters.ToString("N0", CultureInfo.InvariantCulture));
        Add("Multiply-adds", run => run.History?.Size.MultiplyAdds.ToString("N0", CultureInfo.InvariantCulture));
        Add("Search", run => Time(run.History?.SearchTime.TotalSeconds, run.History?.SearchImagesPerSecond));
        Add("Training", run => Time(run.History?.TrainingTime.TotalSeconds, run.History?.TrainingImagesPerSecond));
        Add("Time in all", run => run.Last is { } last ? Duration.Format(last.Elapsed) : null);
        Add("Seed", run => run.Seed.ToString(CultureInfo.InvariantCulture));
        Add("Architecture", run => RunComparison.Short(run.Genotype?.Sha256()));
        Add("Data", run => Plain($"{run.Pictures:N0} pictures, {comparison.DataOf(run)}"));
        foreach ((string name, string?[] values) in comparison.Differences.Where(
            row => row.Name != nameof(PcDartsTrainer.Options.Genotype)))
            table.Add([name, .. values.Select(value => value is null or "null" ? "–" : value)]);
        terminal.Show(table);

        void Add(string name, Func<PcDartsRun, string?> value) => table.Add([name, .. comparison.Runs.Select(run => value(run) ?? "–")]);
    }

    /// <summary>The accuracy with its counts.</summary>
    public static AccuracyEstimate Estimate(MulticlassClassificationMetrics metrics) => new(
        (int)metrics.ConfusionMatrix.Counts.Select((row, i) => row[i]).Sum(), (int)metrics.ConfusionMatrix.Counts.Sum(row => row.Sum()));

    /// <summary>Pictures that were taken for a class.</summary>
    public static double Predicted(MulticlassClassificationMetrics metrics, int @class)
        => metrics.ConfusionMatrix.Counts.Sum(row => row[@class]);

    /// <summary>Such as <c>93.33 % (14 of 15; 95 % interval 70.2 to 98.8 %)</c>.</summary>
    public static string Accuracy(AccuracyEstimate estimate) => string.Create(CultureInfo.InvariantCulture,
        $"{100 * estimate.Accuracy:F2} % ({estimate.Right:N0} of {estimate.Pictures:N0}; "
            + $"95 % interval {100 * estimate.Low:F1} to {100 * estimate.High:F1} %)");

    public static string Percent(double share) => Plain($"{100 * share:F2} %");

    private static string? Time(double? seconds, double? imagesPerSecond) => seconds is > 0
        ? string.Create(CultureInfo.InvariantCulture,
            $"{Duration.Format(TimeSpan.FromSeconds(seconds.Value))} at {imagesPerSecond ?? 0:F0} images/s")
        : null;

    private static string Plain(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
