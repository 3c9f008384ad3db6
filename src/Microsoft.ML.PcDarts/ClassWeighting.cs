namespace Microsoft.ML.PcDarts;

/// <summary>How much the pictures of a class count in the training loss; see <see cref="PcDartsTrainer.Options.ClassWeighting"/>.</summary>
public enum ClassWeighting
{
    /// <summary>All pictures count alike.</summary>
    None,

    /// <summary>All classes count alike: a picture weighs N / (classes · n) when its class has n of the N training pictures.</summary>
    Balanced,
}
