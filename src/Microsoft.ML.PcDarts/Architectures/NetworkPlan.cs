using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>
/// The discovered network of a genotype, layer by layer, with maps, strides, and names and shapes of all weights. The one walk of an
/// architecture: the network, its ONNX form, its size and the check of loaded weights read it.
/// </summary>
/// <remarks>PC-DARTS, model.py (NetworkCIFAR, NetworkImageNet, Cell) and operations.py, whose names the weights have.</remarks>
internal sealed class NetworkPlan
{
    public const string ClassifierName = "classifier";
    public const string AuxiliaryHeadName = "auxiliary_head";

    private NetworkPlan(Genotype genotype, NetworkShape shape)
    {
        Genotype = genotype;
        Shape = shape;
        Stem = PlannedStem.Of(shape);
        if (shape.AuxiliaryHead)
            AuxiliaryHead = PlannedAuxiliaryHead.Of(AuxiliaryHeadName, shape, Cells.ElementAt(AuxiliaryCell).Output);
        Classifier = new PlannedLinear(ClassifierName, Cells.Last().Output.Channels, shape.Classes);
    }

    public Genotype Genotype { get; }

    public NetworkShape Shape { get; }

    public PlannedStem Stem { get; }

    /// <summary>The cells, made as they are enumerated: a file of weights can claim any number of them.</summary>
    public IEnumerable<PlannedCell> Cells
    {
        get
        {
            (MapShape beforePrevious, MapShape previous, int stride) = (Stem.Output0, Stem.Output1, Stem.PictureStride);
            foreach (CellPlace place in CellPlace.Of(Shape.Layers, Shape.InitialChannels, Shape.Stem))
            {
                stride *= place.Stride(source: 0);
                PlannedCell cell = PlannedCell.Of(Genotype, place, beforePrevious, previous, stride);
                yield return cell;
                (beforePrevious, previous) = (previous, cell.Output);
            }
        }
    }

    /// <summary>The cell whose output the auxiliary head reads: the second reduction.</summary>
    public int AuxiliaryCell => 2 * Shape.Layers / 3;

    /// <summary>The head; null if the shape has none.</summary>
    public PlannedAuxiliaryHead? AuxiliaryHead { get; }

    /// <summary>Pooled features → logits.</summary>
    public PlannedLinear Classifier { get; }

    /// <summary>The units that take part in scoring: stem and cells.</summary>
    public IEnumerable<PlannedUnit> Units => Stem.Units.Concat(Cells.SelectMany(cell => cell.Units));

    /// <summary>All weights in the order in which the network registers them, parameters before running statistics.</summary>
    public IEnumerable<PlannedWeight> Weights
    {
        get
        {
            IEnumerable<PlannedUnit> units = AuxiliaryHead is null ? Units : Units.Concat(AuxiliaryHead.Units);
            return units.SelectMany(unit => unit.Parameters)
                .Concat(AuxiliaryHead?.Classifier.Parameters ?? [])
                .Concat(Classifier.Parameters)
                .Concat(units.SelectMany(unit => unit.Statistics));
        }
    }

    /// <summary>Plans the network of an architecture.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A member of <paramref name="shape"/> is out of range.</exception>
    /// <exception cref="OverflowException">A map has too many channels to count.</exception>
    public static NetworkPlan Of(Genotype genotype, NetworkShape shape)
    {
        shape.Validate();
        return new NetworkPlan(genotype, shape);
    }

    /// <summary>Checks that every weight is there with its shape; there may be others.</summary>
    /// <exception cref="ArgumentException">One is missing or is another one; the message names it.</exception>
    public void Check(IReadOnlyDictionary<string, TensorData> weights)
    {
        foreach (PlannedWeight weight in Weights)
        {
            if (!weights.TryGetValue(weight.Name, out TensorData? data))
                throw new ArgumentException($"The weights lack '{weight.Name}', which this genotype and shape need.");
            if (!data.Shape.AsSpan().SequenceEqual(weight.Shape))
            {
                throw new ArgumentException($"Weight '{weight.Name}' has shape [{string.Join(", ", data.Shape)}]; "
                    + $"this genotype and shape need [{string.Join(", ", weight.Shape)}].");
            }

            if (data.DType != TensorDType.Float32)
                throw new ArgumentException($"Weight '{weight.Name}' is {data.DType}; networks have Float32.");
        }
    }
}
