using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Training;

/// <summary>An epoch of the search or of the final training, or a candidate's trial, as <see cref="StepLoop"/> drives it.</summary>
internal interface ISteppedPhase
{
    /// <summary>Whether no step follows those that were done: the epoch's last step, or its deadline.</summary>
    public bool IsOver { get; }

    /// <summary>Steps the weights on a batch, counts the step, and adds its loss to the meter.</summary>
    public void Step(LabeledBatch batch);

    /// <summary>The report at this moment.</summary>
    public TrainingProgress Report();

    /// <summary>The checkpoint at this moment, between two steps.</summary>
    public Checkpoint Snapshot();
}
