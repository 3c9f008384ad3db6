using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>One more try, with half the learning rate, for a phase whose loss diverges.</summary>
internal static class DivergenceRetry
{
    private const double Half = 0.5;

    /// <summary>
    /// Runs a phase; if its loss diverges, goes back to the last checkpoint, or to the start of the phase, and halves the learning rate,
    /// once.
    /// </summary>
    /// <param name="journal">Has the checkpoints.</param>
    /// <param name="phase">The phase.</param>
    /// <param name="interrupted">Checkpoint to resume the phase from; null to begin.</param>
    /// <param name="work">The phase, given the checkpoint and the factor of the learning rate.</param>
    /// <exception cref="InvalidOperationException">The loss diverged with half the rate too.</exception>
    public static T Run<T>(RunJournal journal, TrainingPhase phase, Checkpoint? interrupted, Func<Checkpoint?, double, T> work)
    {
        bool halved = interrupted?.State.Progress.LearningRateScale == Half;
        while (true)
        {
            try
            {
                return work(interrupted, halved ? Half : 1);
            }
            catch (LossDivergedException diverged) when (!halved)
            {
                interrupted = journal.Revert(phase);
                string where = interrupted is null ? "the start of the phase" : "the last checkpoint";
                journal.Log.Warning($"{diverged.Message} Going back to {where} with half the learning rate.");
                halved = true;
            }
            catch (LossDivergedException diverged)
            {
                throw new InvalidOperationException(diverged.Message, diverged);
            }
        }
    }
}
