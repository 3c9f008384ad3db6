using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Training.Final;

/// <summary>Pictures of the final training.</summary>
/// <param name="Loader">Makes batches from row indices.</param>
/// <param name="Rows">Rows to train on.</param>
/// <param name="Validation">Rows to validate on after each epoch, and their loader; null for none.</param>
internal sealed record FinalData(BatchLoader Loader, int[] Rows, (BatchLoader Loader, int[] Rows)? Validation = null)
{
    /// <summary>Number of pictures to validate on.</summary>
    public int ValidationCount => Validation?.Rows.Length ?? 0;
}
