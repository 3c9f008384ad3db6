using Microsoft.ML.PcDarts;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML;

/// <summary>Extension methods that add PC-DARTS to the catalog of multiclass classification trainers.</summary>
public static class PcDartsCatalog
{
    /// <summary>
    /// Creates a <see cref="PcDartsTrainer"/>, which searches a cell architecture for the pictures with PC-DARTS and trains the network
    /// that it found.
    /// </summary>
    /// <param name="catalog">The catalog, as in <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">Name of the label column, a key.</param>
    /// <param name="featureColumnName">Name of the image column, an MLImage of any size.</param>
    /// <param name="scoreColumnName">Name of the output column with the class probabilities.</param>
    /// <param name="predictedLabelColumnName">Name of the output column with the predicted key.</param>
    /// <param name="validationSet">Rows to validate on after each epoch, with the same columns; null holds out a tenth of the training
    /// rows, at most 2,500.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="catalog"/> is null.</exception>
    /// <exception cref="ArgumentException">A column name is empty.</exception>
    public static PcDartsTrainer PcDarts(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = "Image",
        string scoreColumnName = DefaultColumnNames.Score,
        string predictedLabelColumnName = DefaultColumnNames.PredictedLabel,
        IDataView? validationSet = null) => PcDarts(catalog, new PcDartsTrainer.Options
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ScoreColumnName = scoreColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            ValidationSet = validationSet,
        });

    /// <summary>Creates a <see cref="PcDartsTrainer"/> with options; presets are in <see cref="PcDartsRecipe"/>.</summary>
    /// <param name="catalog">The catalog, as in <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">The options; the trainer keeps a copy.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static PcDartsTrainer PcDarts(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, PcDartsTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new PcDartsTrainer(MlNetAccess.Environment(catalog), options);
    }
}
