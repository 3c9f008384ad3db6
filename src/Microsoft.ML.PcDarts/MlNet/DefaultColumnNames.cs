namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>ML.NET's own default column names, whose constants are internal there.</summary>
internal static class DefaultColumnNames
{
    public const string Label = "Label";
    public const string Score = "Score";
    public const string PredictedLabel = "PredictedLabel";
}
