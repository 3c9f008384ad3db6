namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>The columns that the trainer reads and its model adds.</summary>
internal sealed record ColumnNames(string Label, string Feature, string Score, string PredictedLabel, string? PooledFeatures = null)
{
    /// <summary>The columns that the model adds.</summary>
    public IEnumerable<string> Outputs => PooledFeatures is null ? [Score, PredictedLabel] : [PooledFeatures, Score, PredictedLabel];

    /// <summary>The fault of the names, in words for the user; null if there is none.</summary>
    public string? Problem()
    {
        (string? Name, string Option)[] named = [(Label, "LabelColumnName"), (Feature, "FeatureColumnName"), (Score, "ScoreColumnName"),
            (PredictedLabel, "PredictedLabelColumnName")];
        if (named.FirstOrDefault(column => string.IsNullOrWhiteSpace(column.Name)).Option is { } empty)
            return $"{empty} is empty; give the name of a column.";
        if (PooledFeatures is not null && string.IsNullOrWhiteSpace(PooledFeatures))
            return "PooledFeaturesColumnName is empty; give the name of a column, or null for none.";
        if (Score == PredictedLabel)
            return $"ScoreColumnName and PredictedLabelColumnName are both '{Score}'; give the two outputs different names.";
        return PooledFeatures is not null
            && (PooledFeatures == Feature || PooledFeatures == Label || PooledFeatures == Score || PooledFeatures == PredictedLabel)
            ? $"PooledFeaturesColumnName is '{PooledFeatures}', as another column is; give it a name of its own."
            : null;
    }
}
