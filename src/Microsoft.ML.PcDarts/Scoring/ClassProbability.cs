namespace Microsoft.ML.PcDarts;

/// <summary>A class and how likely it is.</summary>
/// <param name="Label">Name of the class: the label's key value as text.</param>
/// <param name="Probability">Softmax probability, 0 to 1.</param>
public readonly record struct ClassProbability(string Label, float Probability);
