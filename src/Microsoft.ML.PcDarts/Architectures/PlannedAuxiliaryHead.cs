namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>The second classifier, used while training. It pools its map to 2×2 between the first ReLU and the first convolution.</summary>
internal sealed record PlannedAuxiliaryHead(MapShape Input, IReadOnlyList<PlannedUnit> Units, PlannedLinear Classifier)
{
    private const int Reduced = 128, Gathered = 768;

    /// <summary>The head that reads a cell's output. That of the paper's ImageNet network has no second batch norm.</summary>
    public static PlannedAuxiliaryHead Of(string name, NetworkShape shape, MapShape input)
    {
        PlannedConvolution reduce = new($"{name}.features.2", input.Channels, new MapShape(Reduced, 2, 2), (1, 1), (1, 1));
        PlannedConvolution gather = new($"{name}.features.5", Reduced, new MapShape(Gathered, 1, 1), (2, 2), (1, 1));
        PlannedNorm? last = shape.Stem == NetworkStem.Cifar ? new($"{name}.features.6", Gathered) : null;
        return new(
            input,
            [new(Rectifies: true, null, [reduce], new($"{name}.features.3", Reduced)), new(Rectifies: true, null, [gather], last)],
            new($"{name}.classifier", Gathered, shape.Classes));
    }
}
