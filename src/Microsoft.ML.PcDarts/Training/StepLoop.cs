using Microsoft.ML.PcDarts.Images;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>The step loop of search, trials and final training.</summary>
internal static class StepLoop
{
    /// <summary>
    /// Steps a phase until it is over or the batches end: a checkpoint when one is due, a step, a report when one is due.
    /// </summary>
    /// <param name="phase">The phase.</param>
    /// <param name="batches">Its batches; each is disposed after its step.</param>
    /// <param name="journal">Takes checkpoints and reports, and ends the run when it was cancelled.</param>
    /// <exception cref="LossDivergedException">A report has a loss that is not finite.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; a checkpoint was saved.</exception>
    public static void Run(ISteppedPhase phase, IEnumerable<LabeledBatch> batches, RunJournal journal)
    {
        foreach (LabeledBatch batch in batches)
        {
            using (batch)
            using (NewDisposeScope())
            {
                journal.SaveIfDue(phase.Snapshot);
                phase.Step(batch);
            }

            if (phase.IsOver)
                break;
            if (journal.ReportIsDue)
                journal.Report(phase.Report());
        }
    }
}
