namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>
/// The place of a cell in a supernet or a discovered network. Cells at a third and two thirds of the depth are reductions, which halve
/// the maps and double the channels.
/// </summary>
/// <param name="Index">From 0.</param>
/// <param name="IsReduction">Whether the cell halves its maps.</param>
/// <param name="AfterReduction">Whether the cell before, or the stem's last convolution, halves its maps: the map from two cells before is
/// then twice as large as that of the cell before.</param>
/// <param name="Channels">Channels of each of its states.</param>
internal readonly record struct CellPlace(int Index, bool IsReduction, bool AfterReduction, int Channels)
{
    /// <summary>The stride of an edge that reads a state: 2 where a reduction reads one of its two inputs.</summary>
    public int Stride(int source) => IsReduction && source < 2 ? 2 : 1;

    /// <summary>The places of a network's cells, in order.</summary>
    /// <param name="layers">Number of cells.</param>
    /// <param name="channels">Channels of the first cells.</param>
    /// <param name="stem">The layers before the first cell.</param>
    /// <exception cref="OverflowException">A cell has too many channels to count.</exception>
    public static IEnumerable<CellPlace> Of(int layers, int channels, NetworkStem stem)
    {
        bool afterReduction = stem == NetworkStem.ImageNet;
        for (int cell = 0; cell < layers; cell++)
        {
            bool reduction = CellTopology.IsReduction(cell, layers);
            channels = checked(channels * (reduction ? 2 : 1));
            yield return new CellPlace(cell, reduction, afterReduction, channels);
            afterReduction = reduction;
        }
    }
}
