namespace Microsoft.ML.PcDarts.Runs;

/// <summary>Cost of a picture of some size, relative to one of full size.</summary>
internal sealed record SizeCost(int Height, int Width, double Cost);
