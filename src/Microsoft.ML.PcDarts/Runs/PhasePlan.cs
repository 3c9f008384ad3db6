namespace Microsoft.ML.PcDarts.Runs;

/// <summary>How long a phase runs: epochs of a number of steps of a number of pictures.</summary>
/// <param name="Epochs">Epochs, 1 or more.</param>
/// <param name="StepsPerEpoch">Steps of each epoch, 1 or more; fewer than a pass over the data where a time budget asks for it.</param>
/// <param name="BatchSize">Pictures a step.</param>
internal sealed record PhasePlan(int Epochs, int StepsPerEpoch, int BatchSize)
{
    public long Images => (long)Epochs * StepsPerEpoch * BatchSize;

    /// <summary>Every epoch one pass over the data.</summary>
    /// <param name="images">Pictures of the data.</param>
    /// <param name="epochs">Epochs.</param>
    /// <param name="batchSize">Pictures a step; lowered to the number of pictures.</param>
    public static PhasePlan Full(int images, int epochs, int batchSize)
    {
        int batch = Math.Min(batchSize, images);
        return new PhasePlan(epochs, StepsOfPass(images, batch), batch);
    }

    /// <summary>
    /// The part of <paramref name="full"/> that fits into the time. The number of epochs stays within what the schedule needs (the warm-up
    /// of a search is counted in epochs), so that epochs become shorter before they become fewer; batches shrink when there would be too
    /// few steps.
    /// </summary>
    /// <param name="full">The plan without a limit.</param>
    /// <param name="images">Pictures of the data.</param>
    /// <param name="seconds">Seconds that the phase may take.</param>
    /// <param name="secondsPerImage">Measured cost of a picture.</param>
    /// <param name="secondsPerEpoch">Cost of an epoch's end, such as validation.</param>
    /// <param name="minimumSteps">Steps below which batches shrink, to 8 pictures at the least.</param>
    public static PhasePlan Within(
        PhasePlan full, int images, double seconds, double secondsPerImage, double secondsPerEpoch, int minimumSteps)
    {
        double affordable = seconds / secondsPerImage;
        if (affordable >= full.Images + full.Epochs * secondsPerEpoch / secondsPerImage)
            return full;

        int batch = full.BatchSize;
        while (batch >= 16 && affordable / batch < minimumSteps)
            batch /= 2;

        // Passes are kept whole while there are at least ten; below that, ten or so shorter epochs keep reports and replanning frequent.
        int pass = StepsOfPass(images, batch);
        double passSeconds = (double)pass * batch * secondsPerImage;
        // The ends of epochs may take a third of the time; beyond that there are fewer epochs.
        double fewest = secondsPerEpoch > 0
            ? Math.Clamp(seconds / 3 / secondsPerEpoch, 1, Math.Min(10, full.Epochs))
            : Math.Min(10, full.Epochs);
        int epochs = (int)Math.Clamp(seconds / (passSeconds + secondsPerEpoch), fewest, full.Epochs);
        double stepSeconds = Math.Max(1e-9, batch * secondsPerImage);
        int steps = (int)Math.Clamp((seconds / epochs - secondsPerEpoch) / stepSeconds, 1, pass);
        return new PhasePlan(epochs, steps, batch);
    }

    /// <summary>Steps of one pass. A last batch of one picture is dropped: batch norm on a 1×1 map cannot train on it.</summary>
    /// <param name="images">Pictures of the data.</param>
    /// <param name="batch">Pictures a step.</param>
    public static int StepsOfPass(int images, int batch) => Math.Max(1, images / batch + (images % batch >= 2 ? 1 : 0));
}
