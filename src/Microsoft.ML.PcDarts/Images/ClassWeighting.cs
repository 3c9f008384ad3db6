namespace Microsoft.ML.PcDarts;

/// <summary>How much the pictures of a class count in the training loss; see <see cref="PcDartsTrainer.Options.ClassWeighting"/>.</summary>
public enum ClassWeighting
{
    /// <summary>All pictures count alike.</summary>
    None,

    /// <summary>
    /// All classes count alike: a picture weighs N / (classes · n) when its class has n of the N training pictures. But none weighs
    /// more than ten times as much as one of the commonest class, since
    /// the few pictures of a class that is much rarer would drown the others: beyond 10:1 rare classes count for more than their
    /// number, not as much as the common ones. The mean weight is 1.
    /// </summary>
    Balanced,
}
