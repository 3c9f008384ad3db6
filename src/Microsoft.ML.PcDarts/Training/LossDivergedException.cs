namespace Microsoft.ML.PcDarts.Training;

/// <summary>The loss is no longer a finite number.</summary>
internal sealed class LossDivergedException(string message) : InvalidOperationException(message);
