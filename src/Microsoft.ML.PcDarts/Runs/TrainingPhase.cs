namespace Microsoft.ML.PcDarts;

/// <summary>The part of a run that a report belongs to.</summary>
public enum TrainingPhase
{
    /// <summary>Pictures are decoded into memory; steps count pictures.</summary>
    Reading,

    /// <summary>The supernet and the architecture parameters are trained in turn (Xu et al. 2020, section 3).</summary>
    Search,

    /// <summary>
    /// Candidates of the search are trained for a while each, and the best of them again, to choose one; an epoch is such a trial.
    /// </summary>
    Selection,

    /// <summary>The discovered network is trained from scratch.</summary>
    Training,
}
