using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.PcDarts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PcDarts.Cli.Rendering;

/// <summary>
/// Shows a running trainer: bars on a terminal; elsewhere a line at the start of each phase, at the end of each epoch and every ten
/// seconds.
/// </summary>
internal static class ProgressView
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    /// <summary>Runs the work, handing it the trainer's callback.</summary>
    /// <param name="terminal">Where to show it.</param>
    /// <param name="budget">Tells the time that the whole run may take, or null if it may take any; asked once there is a report.</param>
    /// <param name="work">The work.</param>
    public static T Run<T>(Terminal terminal, Func<TimeSpan?> budget, Func<Action<TrainingProgress>, T> work) =>
        terminal.IsLive ? terminal.Redraw(console => RunLive(console, budget, work)) : work(Lines(terminal, budget));

    /// <summary>
    /// The figures of a report in words, such as <c>epoch 3/20, loss 1.234, accuracy 45.6 %, 812 images/s, 2:05 left</c>.
    /// </summary>
    public static string Describe(TrainingProgress progress, TimeSpan? budget)
        => string.Join(", ", Figures(progress, budget).Select(figure => figure.Text));

    /// <summary>The figures of a report and how important they are.</summary>
    public static IReadOnlyList<Figure> Figures(TrainingProgress progress, TimeSpan? budget)
    {
        List<Figure> figures = [new(progress.Phase switch
        {
            TrainingPhase.Reading => Number($"{progress.Step}/{progress.Steps} pictures"),
            TrainingPhase.Selection => Number($"candidate {progress.Epoch}/{progress.Epochs}"),
            _ => Number($"epoch {progress.Epoch}/{progress.Epochs}"),
        }, Rank: 1)];
        if (progress.Loss is { } loss)
            figures.Add(new(Number($"loss {loss:F3}"), Rank: 3));
        if (progress.Accuracy is { } accuracy)
            figures.Add(new(Number($"accuracy {100 * accuracy:F1} %"), Rank: 4));
        if (progress.ValidationAccuracy is { } validation)
            figures.Add(new(Number($"validation {100 * validation:F1} %"), Rank: 2));
        if (progress.ImagesPerSecond > 0)
            figures.Add(new(Number($"{progress.ImagesPerSecond:F0} images/s"), Rank: 5));
        if (TimeLeft(progress, budget) is { } left)
            figures.Add(new(left, Rank: 0));
        return figures;

        static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    // Of the whole run, as far as it is known: before the final training only a time budget tells.
    private static string? TimeLeft(TrainingProgress progress, TimeSpan? budget)
    {
        TimeSpan? ofPhase = progress.Remaining, ofBudget = budget is { } limit ? Max(limit - progress.Elapsed, TimeSpan.Zero) : null;
        if (progress.Phase == TrainingPhase.Training)
            return ofPhase is null && ofBudget is null
                ? null
                : $"{Duration.Format(Min(ofPhase ?? TimeSpan.MaxValue, ofBudget ?? TimeSpan.MaxValue))} left";
        if (ofBudget is { } all)
            return $"{Duration.Format(all)} left in all";
        return ofPhase is { } some ? $"{Duration.Format(some)} left {Goal(progress.Phase)}" : null;

        static string Goal(TrainingPhase phase) => phase switch
        {
            TrainingPhase.Reading => "to read",
            TrainingPhase.Search => "to search",
            TrainingPhase.Selection => "to try",
            _ => "in this phase",
        };

        static TimeSpan Min(TimeSpan first, TimeSpan second) => first < second ? first : second;

        static TimeSpan Max(TimeSpan first, TimeSpan second) => first > second ? first : second;
    }

    /// <summary>Share of the phase that is done, 0 to 1.</summary>
    public static double Share(TrainingProgress progress)
    {
        double inEpoch = progress.Steps > 0 ? (double)progress.Step / progress.Steps : 0;
        double done = progress.Phase == TrainingPhase.Reading ? inEpoch : (progress.Epoch - 1 + inEpoch) / Math.Max(1, progress.Epochs);
        return Math.Clamp(done, 0, 1);
    }

    private static Action<TrainingProgress> Lines(Terminal terminal, Func<TimeSpan?> budget)
    {
        long last = 0;
        TrainingPhase? phase = null;
        return progress =>
        {
            if (!progress.EpochEnd && progress.Phase == phase && Stopwatch.GetElapsedTime(last) < LineInterval)
                return;
            phase = progress.Phase;
            last = Stopwatch.GetTimestamp();
            terminal.Print($"{Title(progress.Phase),-8} {Describe(progress, budget())}");
        };
    }

    private static T RunLive<T>(IAnsiConsole console, Func<TimeSpan?> budget, Func<Action<TrainingProgress>, T> work)
    {
        LineColumn lines = new();
        return console.Progress().Columns(lines).Start(context =>
        {
            Dictionary<TrainingPhase, ProgressTask> tasks = [];
            return work(progress =>
            {
                if (!tasks.TryGetValue(progress.Phase, out ProgressTask? task))
                {
                    foreach (ProgressTask earlier in tasks.Values)
                        earlier.Value = earlier.MaxValue;
                    tasks[progress.Phase] = task = context.AddTask(Title(progress.Phase), maxValue: 1);
                }

                lines.Set(task, Figures(progress, budget()));
                task.Value = Share(progress);
            });
        });
    }

    private static string Title(TrainingPhase phase) => phase switch
    {
        TrainingPhase.Reading => "Read",
        TrainingPhase.Search => "Search",
        TrainingPhase.Selection => "Try",
        TrainingPhase.Training => "Train",
        _ => phase.ToString(),
    };

    private sealed class LineColumn : ProgressColumn
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<int, IReadOnlyList<Figure>> _figures = new();

        protected override bool NoWrap => true;

        public void Set(ProgressTask task, IReadOnlyList<Figure> figures) => _figures[task.Id] = figures;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new ProgressLine(task.Description, task.Value / task.MaxValue, _figures.GetValueOrDefault(task.Id, []));
    }
}
