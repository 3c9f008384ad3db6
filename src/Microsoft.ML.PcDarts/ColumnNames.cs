namespace Microsoft.ML.PcDarts;

/// <summary>The columns that the trainer reads and its model adds.</summary>
internal sealed record ColumnNames(string Label, string Feature, string Score, string PredictedLabel);
