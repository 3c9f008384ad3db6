using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.PcDarts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PcDarts.Cli.Rendering;

/// <summary>Shows a running trainer: bars on a terminal; elsewhere a line at the start of each phase, at the end of each epoch and every ten seconds.</summary>
internal static class ProgressView
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    /// <summary>Runs the work, handing it the trainer's callback.</summary>
    public static T Run<T>(Terminal terminal, Func<Action<TrainingProgress>, T> work) =>
        terminal.IsLive ? RunLive(terminal, work) : work(Lines(terminal));

    /// <summary>The figures of a report in words, such as <c>epoch 3/20, loss 1.234, accuracy 45.6 %, 812 images/s, 2:05 left</c>.</summary>
    internal static string Describe(TrainingProgress progress)
    {
        List<string> parts = [progress.Phase switch
        {
            TrainingPhase.Reading => Number($"{progress.Step}/{progress.Steps} pictures"),
            TrainingPhase.Selection => Number($"candidate {progress.Epoch}/{progress.Epochs}"),
            _ => Number($"epoch {progress.Epoch}/{progress.Epochs}"),
        }];
        if (progress.Loss is { } loss)
            parts.Add(Number($"loss {loss:F3}"));
        if (progress.Accuracy is { } accuracy)
            parts.Add(Number($"accuracy {100 * accuracy:F1} %"));
        if (progress.ValidationAccuracy is { } validation)
            parts.Add(Number($"validation {100 * validation:F1} %"));
        if (progress.ImagesPerSecond > 0)
            parts.Add(Number($"{progress.ImagesPerSecond:F0} images/s"));
        if (progress.Remaining is { } remaining)
            parts.Add($"{Duration.Format(remaining)} left");
        return string.Join(", ", parts);

        static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Share of the phase that is done, 0 to 1.</summary>
    internal static double Share(TrainingProgress progress)
    {
        double inEpoch = progress.Steps > 0 ? (double)progress.Step / progress.Steps : 0;
        double done = progress.Phase == TrainingPhase.Reading ? inEpoch : (progress.Epoch - 1 + inEpoch) / Math.Max(1, progress.Epochs);
        return Math.Clamp(done, 0, 1);
    }

    private static Action<TrainingProgress> Lines(Terminal terminal)
    {
        long last = 0;
        TrainingPhase? phase = null;
        return progress =>
        {
            if (!progress.EpochEnd && progress.Phase == phase && Stopwatch.GetElapsedTime(last) < LineInterval)
                return;
            phase = progress.Phase;
            last = Stopwatch.GetTimestamp();
            terminal.Say($"{Title(progress.Phase),-8} {Describe(progress)}");
        };
    }

    private static T RunLive<T>(Terminal terminal, Func<Action<TrainingProgress>, T> work)
    {
        FiguresColumn figures = new();
        return terminal.Human.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 20 }, new PercentageColumn(), figures)
            .Start(context =>
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

                    figures.Set(task, Describe(progress));
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

    private sealed class FiguresColumn : ProgressColumn
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<int, string> _texts = new();

        protected override bool NoWrap => true;

        public void Set(ProgressTask task, string text) => _texts[task.Id] = text;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(_texts.GetValueOrDefault(task.Id, ""), new Style(Color.Grey)).Overflow(Overflow.Ellipsis);
    }
}
