using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts;

/// <summary>The size of a discovered network, counted from its genotype and shape without building it.</summary>
/// <param name="Parameters">Trainable numbers (weights, biases, affine batch norms) without the auxiliary head.</param>
/// <param name="AuxiliaryParameters">Trainable numbers of the auxiliary head; 0 if the shape has none.</param>
/// <param name="MultiplyAdds">Multiply-adds of the convolutions and of the classifier for one picture when predicting, so without the
/// auxiliary head. Batch norms, pools and additions are not counted, as is usual.</param>
public sealed record NetworkSize(long Parameters, long AuxiliaryParameters, long MultiplyAdds)
{
    /// <summary>Counts the network that a genotype and a shape describe.</summary>
    /// <param name="genotype">The architecture.</param>
    /// <param name="shape">Width, depth, classes and picture size. Maps of odd size round up where they are halved.</param>
    /// <returns>The size.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A member of <paramref name="shape"/> is out of range.</exception>
    /// <exception cref="OverflowException">The network is too large to count.</exception>
    public static NetworkSize Of(Genotype genotype, NetworkShape shape)
    {
        ArgumentNullException.ThrowIfNull(genotype);
        ArgumentNullException.ThrowIfNull(shape);
        NetworkPlan plan = NetworkPlan.Of(genotype, shape);
        long multiplyAdds = plan.Units.SelectMany(unit => unit.Convolutions).Sum(convolution => convolution.MultiplyAdds);
        return new NetworkSize(
            Count(plan.Units, plan.Classifier),
            plan.AuxiliaryHead is { } head ? Count(head.Units, head.Classifier) : 0,
            checked(multiplyAdds + plan.Classifier.Weight.Count));
    }

    private static long Count(IEnumerable<PlannedUnit> units, PlannedLinear classifier) =>
        units.SelectMany(unit => unit.Parameters).Concat(classifier.Parameters).Sum(weight => weight.Count);
}
