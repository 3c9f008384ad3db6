using System.Globalization;

namespace Microsoft.ML.PcDarts;

/// <summary>The prediction of <see cref="PcDartsPredictor"/> for one picture.</summary>
public sealed class PcDartsPrediction
{
    private readonly IReadOnlyList<string> _classNames;
    private readonly float[] _probabilities;

    internal PcDartsPrediction(IReadOnlyList<string> classNames, float[] probabilities)
    {
        CheckProbabilities(classNames, probabilities);
        _classNames = classNames;
        _probabilities = probabilities;
        Index = Array.IndexOf(probabilities, probabilities.Max());
    }

    internal PcDartsPrediction(string error)
    {
        _classNames = [];
        _probabilities = [];
        Index = -1;
        Error = error;
    }

    /// <summary>Why the picture was skipped, or null when it was scored. Only with <see cref="BadImageHandling.Skip"/>; everything else of
    /// a skipped picture is empty.</summary>
    public string? Error { get; }

    /// <summary>The likeliest class, the first of several equally likely ones: its key value as text; "" for a skipped picture.</summary>
    public string Label => Index < 0 ? "" : _classNames[Index];

    /// <summary>Position of <see cref="Label"/> among <see cref="PcDartsPredictor.ClassNames"/>, from 0; −1 for a skipped picture. ML.NET's
    /// key in the column PredictedLabel is one more.</summary>
    public int Index { get; }

    /// <summary>Probability of <see cref="Label"/>, 0 to 1; 0 for a skipped picture.</summary>
    public float Probability => Index < 0 ? 0 : _probabilities[Index];

    /// <summary>Probabilities of all classes, float32 <c>[classes]</c> in the order of <see cref="PcDartsPredictor.ClassNames"/>; they sum
    /// to
    /// 1. The same as ML.NET's column Score.</summary>
    public IReadOnlyList<float> Probabilities => _probabilities;

    /// <summary>The likeliest classes, the likeliest first; equally likely ones in the order of the classes.</summary>
    /// <param name="count">How many: 1 or more. All when there are not so many.</param>
    /// <returns>At most <paramref name="count"/> classes.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    public IReadOnlyList<ClassProbability> Top(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return [.. _classNames.Zip(_probabilities, (label, probability) => new ClassProbability(label, probability))
            .OrderByDescending(pair => pair.Probability).Take(count)];
    }

    // Finite weights can still give infinite maps, and those no probabilities.
    private static void CheckProbabilities(IReadOnlyList<string> classNames, float[] probabilities)
    {
        double sum = 0;
        for (int i = 0; i < probabilities.Length; i++)
        {
            if (!float.IsFinite(probabilities[i]))
                throw new InvalidDataException($"The network gives {probabilities[i].ToString(CultureInfo.InvariantCulture)} as the "
                    + $"probability of '{classNames[i]}': its numbers overflow. Train it again with a lower learning rate.");
            sum += probabilities[i];
        }

        if (Math.Abs(sum - 1) > 1e-3)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"The network's probabilities sum to {sum:G4} instead of 1, so it is no classifier of this library."));
    }
}
