namespace Microsoft.ML.PcDarts;

internal static class Placeholder;
