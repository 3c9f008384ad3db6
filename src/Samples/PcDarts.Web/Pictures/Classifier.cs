using System.Diagnostics;
using Microsoft.ML.Data;
using PcDarts.Web.Models;

namespace PcDarts.Web.Pictures;

/// <summary>Decodes and scores pictures, as many at a time as there are cores: more would not be faster, and each needs memory for its pixels.</summary>
internal sealed class Classifier(ServingOptions options, ServingMetrics metrics) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(Environment.ProcessorCount);

    /// <summary>The likeliest classes of a picture, the likeliest first.</summary>
    /// <param name="model">A model in use.</param>
    /// <param name="picture">The file.</param>
    /// <param name="top">Number of classes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RejectedException">It is no picture that can be answered.</exception>
    public async Task<ClassProbability[]> ClassifyAsync(ServedModel model, EncodedPicture picture, int top, CancellationToken cancellation)
    {
        await _turns.WaitAsync(cancellation);
        try
        {
            // On another thread, so that the pictures of a batch do not wait for each other.
            return await Task.Run(() => Classify(model, picture, top), cancellation);
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();

    private ClassProbability[] Classify(ServedModel model, EncodedPicture picture, int top)
    {
        long started = Stopwatch.GetTimestamp();
        using MLImage image = picture.Decode(options.MaxPixels);
        metrics.Decoding.Observe(Stopwatch.GetElapsedTime(started).TotalSeconds);
        started = Stopwatch.GetTimestamp();
        float[] probabilities = model.Probabilities(image);
        metrics.Scoring.Observe(Stopwatch.GetElapsedTime(started).TotalSeconds);
        IReadOnlyList<string> names = model.Description.ClassNames;
        ClassProbability[] best = [.. probabilities.Select((p, c) => new ClassProbability(names[c], p)).OrderByDescending(pair => pair.Probability).Take(top)];
        metrics.Predictions.WithLabels(best[0].Label).Inc();
        return best;
    }
}

/// <summary>A class and its probability, 0 to 1.</summary>
internal sealed record ClassProbability(string Label, float Probability);
