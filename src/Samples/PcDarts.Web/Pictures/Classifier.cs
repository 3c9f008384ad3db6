using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.ML.Data;
using PcDarts.Web.Budget;
using PcDarts.Web.Models;

namespace PcDarts.Web.Pictures;

/// <summary>
/// Decodes and scores pictures, each in its turn: more at a time would not be faster, and each needs memory for its pixels.
/// </summary>
internal sealed class Classifier(ServingMetrics metrics)
{
    /// <summary>The likeliest classes of a picture, the likeliest first. The picture is disposed.</summary>
    /// <param name="model">A model in use.</param>
    /// <param name="picture">The file, inspected.</param>
    /// <param name="top">Number of classes.</param>
    /// <param name="share">What the request has of the budget.</param>
    /// <exception cref="RejectedException">It is no picture that can be answered.</exception>
    public async Task<ClassProbability[]> ClassifyAsync(ServedModel model, EncodedPicture picture, int top, RequestShare share)
    {
        (long bytes, long pixels) = (picture.Bytes, picture.Pixels);
        try
        {
            if (picture.Problem is { } problem)
                throw problem;
            using FairShare.Portion turn = await share.DecodeAsync(pixels);
            // On another thread, so that the pictures of a batch do not wait for each other; a large one on a thread of its own, so that it
            // keeps no thread of the server's from answering others.
            TaskCreationOptions thread = ServingBudget.IsLarge(pixels)
                ? TaskCreationOptions.LongRunning
                : TaskCreationOptions.PreferFairness;
            return await Task.Factory.StartNew(() => Classify(model, picture, top), share.Token, thread, TaskScheduler.Default);
        }
        finally
        {
            picture.Dispose();
            share.Release(bytes, pixels);
        }
    }

    private ClassProbability[] Classify(ServedModel model, EncodedPicture picture, int top)
    {
        long started = Stopwatch.GetTimestamp();
        using MLImage image = picture.Decode();
        metrics.Decoding.Observe(Stopwatch.GetElapsedTime(started).TotalSeconds);
        started = Stopwatch.GetTimestamp();
        float[] probabilities = model.Probabilities(image);
        metrics.Scoring.Observe(Stopwatch.GetElapsedTime(started).TotalSeconds);
        if (!ServedModel.AreProbabilities(probabilities))
        {
            throw new RejectedException(StatusCodes.Status500InternalServerError, "The model has no answer",
                $"For {picture.Name} the network's numbers are not finite; another picture may have an answer. "
                    + "Train the model again if that happens often.");
        }
        IReadOnlyList<string> names = model.Description.ClassNames;
        ClassProbability[] best = [.. probabilities.Select((p, c) => new ClassProbability(names[c], p))
            .OrderByDescending(pair => pair.Probability).Take(top)];
        metrics.Predictions.WithLabels(best[0].Label).Inc();
        return best;
    }
}

/// <summary>A class and its probability, 0 to 1.</summary>
internal sealed record ClassProbability(string Label, float Probability);
