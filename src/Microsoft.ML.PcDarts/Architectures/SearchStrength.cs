namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>Distance by which a search has moved α and β, and the cost of its steps.</summary>
/// <param name="Steps">Steps of the architecture.</param>
/// <param name="AlphaEntropy">Share of the largest entropy, 0 to 1.</param>
/// <param name="BetaEntropy">The same of β.</param>
/// <param name="AlphaWalk">Deviation of α from its start, in units of a random walk of Adam; 0 without steps.</param>
/// <param name="BetaWalk">The same of β.</param>
/// <param name="SecondsPerStep">Measured time of a whole step.</param>
/// <param name="LearningRate">Learning rate of α and β.</param>
internal sealed record SearchStrength(
    int Steps, double AlphaEntropy, double BetaEntropy, double AlphaWalk, double BetaWalk, double SecondsPerStep, double LearningRate)
{
    /// <summary>
    /// A random walk stays below: of 200 walks of Adam on noise, each of 1, 5, 30 and 150 steps, none exceeded 1.18 for α (224 entries)
    /// and 1.51 for β (28 entries).
    /// </summary>
    public const double ClearAlphaWalk = 1.5, ClearBetaWalk = 2;

    /// <summary>Share of the largest entropy above which weights count as even: eight operations differ by less than a fifth in their
    /// shares.</summary>
    public const double EvenEntropy = 0.99;

    /// <summary>Standard deviation of α at which the entropy falls to <see cref="EvenEntropy"/>: the entropy of a softmax over small
    /// values is ln n − σ²/2.</summary>
    private static readonly double DecidedDeviation = Math.Sqrt(2 * (1 - EvenEntropy) * Math.Log(PrimitiveNames.Searched.Count));

    public bool IsClear
        => (AlphaWalk >= ClearAlphaWalk && AlphaEntropy < EvenEntropy) || (BetaWalk >= ClearBetaWalk && BetaEntropy < EvenEntropy);

    /// <summary>Steps after which α, drifting on as it did, would be away from even; null when it has moved no farther than noise does,
    /// which tells no drift.</summary>
    public double? StepsToDecide
    {
        get
        {
            if (AlphaWalk < ClearAlphaWalk)
                return null;
            // Noise adds to a drift in squares.
            double driftPerStep = LearningRate * Math.Sqrt((AlphaWalk * AlphaWalk - 1) / Steps);
            return DecidedDeviation / driftPerStep;
        }
    }

    /// <param name="start">α and β when the search began.</param>
    /// <param name="end">α and β at its end.</param>
    /// <param name="steps">Steps of the architecture.</param>
    /// <param name="learningRate">Learning rate of α and β.</param>
    /// <param name="secondsPerStep">Measured time of a whole step.</param>
    public static SearchStrength Of(ArchitectureValues start, ArchitectureValues end, int steps, double learningRate, double secondsPerStep)
    {
        CellTopology topology = CellTopology.OfEdges(end.BetaNormal.Count)!;
        int operations = PrimitiveNames.Searched.Count;
        double walk = learningRate * Math.Sqrt(steps);
        double alpha = Deviation([.. Moved(values => values.AlphaNormal).Concat(Moved(values => values.AlphaReduce)).Chunk(operations)]);
        double beta = Deviation([.. Nodes(Moved(values => values.BetaNormal)), .. Nodes(Moved(values => values.BetaReduce))]);
        return new SearchStrength(
            steps,
            ArchitectureEntropy.OfAlpha(end) / Math.Log(operations),
            ArchitectureEntropy.OfBeta(end, topology),
            steps > 0 ? alpha / walk : 0,
            steps > 0 ? beta / walk : 0,
            secondsPerStep,
            learningRate);

        double[] Moved(Func<ArchitectureValues, IReadOnlyList<float>> of)
            => [.. of(end).Zip(of(start), (last, first) => (double)last - first)];

        IEnumerable<double[]> Nodes(double[] values)
            => Enumerable.Range(0, topology.Nodes).Select(
                node => values.AsSpan(topology.EdgeOffset(node), topology.InputCount(node)).ToArray());
    }

    /// <summary>Standard deviation about the mean of each group: a softmax ignores what its values have in common.</summary>
    private static double Deviation(IReadOnlyList<double[]> groups)
        => Math.Sqrt(groups.Sum(group => group.Sum(value => Math.Pow(value - group.Average(), 2))) / groups.Sum(group => group.Length - 1));
}
