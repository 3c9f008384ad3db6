using System.Globalization;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Training;

/// <content>The workspace: checkpoints, and resuming from them.</content>
internal sealed partial class RunJournal
{
    private Workspace? _workspace;
    private TimeSpan _lastSave;

    /// <summary>Keeps the run in a workspace from now on, which is known to hold this run and no other.</summary>
    public void Attach(Workspace workspace)
    {
        _workspace = workspace;
        log.KeepWarnings(message => InWorkspace(folder => folder.AddWarning(message)));
    }

    /// <summary>Takes over the time and the epochs of earlier attempts.</summary>
    public void Resume(RunState state)
    {
        clock.Resume(state.Elapsed);
        _lastSave = clock.Elapsed;
        _epochs.AddRange(state.Epochs);
        string where = state.Phase switch
        {
            TrainingPhase.Search => "in search epoch",
            TrainingPhase.Selection => "with candidate",
            _ => "in training epoch",
        };
        log.Info(
            string.Create(
                CultureInfo.InvariantCulture, $"Resuming {where} {state.Progress.Epoch + 1}, after {state.Progress.Step} of its steps."));
    }

    /// <summary>
    /// Goes back to the last checkpoint of a phase after its loss has diverged; to the phase's start where there is none.
    /// </summary>
    /// <returns>The checkpoint, or null for the start.</returns>
    public Checkpoint? Revert(TrainingPhase phase)
    {
        Checkpoint? last = _workspace?.Newest(log.Warning);
        if (last?.State.Phase != phase)
            last = null;
        if (last is not null)
            _workspace!.CutMetrics(last.State.MetricsBytes);
        _epochs.RemoveAll(epoch => epoch.Phase == phase && epoch.Epoch > (last?.State.Progress.Epoch ?? 0));
        return last;
    }

    /// <summary>The checkpoint of a phase at this moment.</summary>
    /// <param name="progress">Where the phase stands.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="found">Result of the search; null while it runs.</param>
    /// <param name="shape">Shape of the network that is trained; null before.</param>
    public Checkpoint Checkpoint(
        PhaseProgress progress, IReadOnlyDictionary<string, TensorData> tensors, SearchResult? found = null, NetworkShape? shape = null)
            => new(
        new RunState
        {
            Progress = progress,
            Elapsed = clock.Elapsed,
            Epochs = _epochs,
            MetricsBytes = _workspace?.MetricsBytes ?? 0,
            Found = found,
            Shape = shape,
        },
        tensors);

    /// <summary>
    /// Between two steps: saves a checkpoint if the interval has passed, and also if the run was cancelled, which then ends it.
    /// </summary>
    public void SaveIfDue(Func<Checkpoint> snapshot)
    {
        ThrowIfCancelled(snapshot);
        if (clock.Elapsed - _lastSave >= settings.CheckpointInterval)
            Save(snapshot);
    }

    /// <summary>Ends the run if that was asked for, with a checkpoint to resume from.</summary>
    public void ThrowIfCancelled(Func<Checkpoint> snapshot)
    {
        if (!cancellation.IsRequested)
            return;
        Save(snapshot);
        cancellation.ThrowIfRequested();
    }

    /// <summary>Saves a checkpoint, if there is a workspace.</summary>
    public void Save(Func<Checkpoint> snapshot)
    {
        if (_workspace is null)
            return;
        Checkpoint checkpoint = snapshot();
        _lastSave = clock.Elapsed;
        if (checkpoint.IsFinite) // The last good one is what a diverged run goes back to.
            InWorkspace(folder => folder.Write(checkpoint));
    }

    /// <summary>Writes to the workspace, if there is one.</summary>
    /// <exception cref="IOException">It cannot be written to; the message says how to resume.</exception>
    public void InWorkspace(Action<Workspace> write)
    {
        if (_workspace is null)
            return;
        try
        {
            write(_workspace);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The workspace '{_workspace.FullPath}' cannot be written to any more: {error.Message} "
                + "Its last checkpoint is whole: make room or restore the rights, then call Fit with the same workspace to resume.", error);
        }
    }
}
