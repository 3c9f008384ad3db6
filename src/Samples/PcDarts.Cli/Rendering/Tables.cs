using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts;
using PcDarts.Cli.Models;
using Spectre.Console;

namespace PcDarts.Cli.Rendering;

/// <summary>The tables that more than one command shows.</summary>
internal static class Tables
{
    /// <summary>Both cells side by side: for each node its two operations and the states they read.</summary>
    public static void Cells(Terminal terminal, Genotype genotype)
    {
        Table table = New("Node", "Normal cell", "Reduction cell");
        for (int node = 0; node < genotype.Nodes; node++)
            table.AddRow($"{node + 2}", Edges(genotype.Normal, node), Edges(genotype.Reduce, node));
        table.AddRow("output", string.Join(", ", genotype.NormalConcat), string.Join(", ", genotype.ReduceConcat));
        terminal.Human.Write(table);
        terminal.Say("States 0 and 1 are the outputs of the two cells before; 'op(1)' applies op to state 1; a node adds its two.");

        static string Edges(IReadOnlyList<GenotypeEdge> edges, int node) =>
            string.Join(" + ", edges.Skip(2 * node).Take(2).Select(edge => $"{edge.Operation.Name()}({edge.Input})"));
    }

    public static void Facts(Terminal terminal, params IEnumerable<(string Name, string? Value)> rows)
    {
        Table table = New("", "").HideHeaders();
        foreach ((string name, string? value) in rows)
        {
            if (value is not null)
                table.AddRow(Markup.Escape(name), Markup.Escape(value));
        }

        terminal.Human.Write(table);
    }

    /// <summary>The rows of <see cref="Facts"/> on how a model came about.</summary>
    public static IEnumerable<(string Name, string? Value)> Rows(ModelFacts facts) =>
    [
        ("Parameters", facts.Parameters?.ToString("N0", CultureInfo.InvariantCulture)),
        ("Multiply-adds", facts.MultiplyAdds?.ToString("N0", CultureInfo.InvariantCulture)),
        ("Search", Time(facts.SearchSeconds, facts.SearchImagesPerSecond)),
        ("Training", Time(facts.TrainSeconds, facts.TrainImagesPerSecond)),
        ("Peak memory", facts.PeakMemoryBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB") : null),
        ("Peak GPU memory", facts.PeakGpuMemoryBytes is { } gpuBytes ? string.Create(CultureInfo.InvariantCulture, $"{gpuBytes / 1e6:N0} MB") : null),
    ];

    public static void Metrics(Terminal terminal, MulticlassClassificationMetrics metrics, IReadOnlyList<string> classNames)
    {
        Table table = New("Class", "Pictures", "Recall", "Precision", "Log loss");
        for (int i = 0; i < classNames.Count; i++)
        {
            double pictures = metrics.ConfusionMatrix.Counts[i].Sum();
            table.AddRow(Markup.Escape(classNames[i]), Plain($"{pictures:F0}"), pictures > 0 ? Percent(metrics.ConfusionMatrix.PerClassRecall[i]) : "–",
                Percent(metrics.ConfusionMatrix.PerClassPrecision[i]), pictures > 0 ? Plain($"{metrics.PerClassLogLoss[i]:F3}") : "–");
        }

        foreach (TableColumn column in table.Columns.Skip(1))
            column.RightAligned();
        terminal.Human.Write(table);
        Facts(terminal, ("Accuracy", Percent(metrics.MicroAccuracy)), ("Mean over classes", Percent(metrics.MacroAccuracy)), ("Log loss", Plain($"{metrics.LogLoss:F4}")));
    }

    /// <summary>Runs side by side, a row a quantity; settings that differ follow.</summary>
    public static void Runs(Terminal terminal, RunComparison comparison)
    {
        Table table = New(["", .. comparison.Names.Select(Markup.Escape)]);
        Add("State", RunComparison.State);
        Add("Test accuracy", run => run.TestAccuracy is { } accuracy ? Percent(accuracy) : null);
        Add("Validation accuracy", run => run.ValidationAccuracy is { } accuracy ? Percent(accuracy) : null);
        Add("Weights of epoch", run => run.History?.ReturnedEpoch.ToString(CultureInfo.InvariantCulture));
        Add("Parameters", run => run.History?.Size.Parameters.ToString("N0", CultureInfo.InvariantCulture));
        Add("Multiply-adds", run => run.History?.Size.MultiplyAdds.ToString("N0", CultureInfo.InvariantCulture));
        Add("Search", run => Time(run.History?.SearchTime.TotalSeconds, run.History?.SearchImagesPerSecond));
        Add("Training", run => Time(run.History?.TrainingTime.TotalSeconds, run.History?.TrainingImagesPerSecond));
        Add("Time in all", run => run.Last is { } last ? Duration.Format(last.Elapsed) : null);
        Add("Seed", run => run.Seed.ToString(CultureInfo.InvariantCulture));
        Add("Architecture", run => RunComparison.Short(run.Genotype?.Sha256()));
        Add("Data", run => Plain($"{run.Pictures:N0} pictures, {RunComparison.Short(run.DataSha256)}"));
        foreach ((string name, string?[] values) in comparison.Differences.Where(row => row.Name != nameof(PcDartsTrainer.Options.Genotype)))
            table.AddRow([Markup.Escape(name), .. values.Select(value => Markup.Escape(value is null or "null" ? "–" : value))]);
        terminal.Human.Write(table);

        void Add(string name, Func<PcDartsRun, string?> value) => table.AddRow([name, .. comparison.Runs.Select(run => Markup.Escape(value(run) ?? "–"))]);
    }

    public static string Percent(double share) => Plain($"{100 * share:F2} %");

    private static Table New(params string[] columns) => new Table().RoundedBorder().AddColumns(columns);

    private static string? Time(double? seconds, double? imagesPerSecond) => seconds is > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Duration.Format(TimeSpan.FromSeconds(seconds.Value))} at {imagesPerSecond ?? 0:F0} images/s")
        : null;

    private static string Plain(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
