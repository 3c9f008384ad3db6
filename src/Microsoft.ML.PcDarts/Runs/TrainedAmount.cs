namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Amount of training in whole epochs, for replanning.</summary>
/// <param name="Images">Pictures.</param>
/// <param name="Cost">Pictures, each times its cost.</param>
/// <param name="Seconds">Time, validation left out.</param>
internal sealed record TrainedAmount(double Images, double Cost, double Seconds)
{
    public double ImagesPerSecond => Images / Seconds;

    public TrainedAmount Plus(int images, double cost, double seconds) => new(Images + images, Cost + images * cost, Seconds + seconds);

    /// <summary>Steps of the next epoch that let all epochs left end in time.</summary>
    /// <param name="seconds">Time left.</param>
    /// <param name="batchSize">Pictures a step.</param>
    /// <param name="costLeft">Sum of the costs of a picture over the epochs left.</param>
    /// <param name="pass">Steps of a pass over the pictures: the most that an epoch has.</param>
    public int StepsWithin(double seconds, int batchSize, double costLeft, int pass)
        => (int)Math.Clamp(seconds * Cost / Seconds / batchSize / costLeft, 1, pass);

    /// <summary>Epochs of one pass each that fit into the time.</summary>
    /// <param name="seconds">Time left.</param>
    /// <param name="batchSize">Pictures a step.</param>
    /// <param name="cost">Mean cost of a picture.</param>
    /// <param name="pass">Steps of a pass over the pictures.</param>
    /// <param name="secondsPerEpoch">Cost of an epoch's end, such as validation.</param>
    public int PassesWithin(double seconds, int batchSize, double cost, int pass, double secondsPerEpoch)
        => (int)(seconds / (pass * batchSize * cost * Seconds / Cost + secondsPerEpoch));
}
