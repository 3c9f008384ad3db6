namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Cells: the pooling of a state, computed once for all edges that read it.</content>
internal sealed unsafe partial class StatePass
{
    private readonly PoolWindow? _window;

    /// <summary>Maximum pooling of a plane into <see cref="MaxPooled"/>.</summary>
    public void MaxPool(int image, int channel, float* plane, CellScratch scratch, bool moments)
    {
        FillPoolTiles(plane, float.NegativeInfinity, scratch.PoolTiles);
        float* pooled = PooledOf(BranchKind.MaxPool, image) + channel * OutputShape.PlaneFloats;
        Taps taps = _window!.Taps;
        Pooling.Maximum(scratch.PoolTiles + OutputShape.TileOrigin, taps.ForwardOffsets, taps.Count, pooled, OutputShape);
        if (moments)
            MaxMoments[image, channel] = Planes.Moments(pooled, OutputShape);
    }

    /// <summary>Average pooling of a plane, over the pixels inside it, into <see cref="AvgPooled"/>.</summary>
    public void AvgPool(int image, int channel, float* plane, CellScratch scratch, bool moments)
    {
        FillPoolTiles(plane, 0, scratch.PoolTiles);
        float* tile = scratch.PoolTiles + OutputShape.TileOrigin, rows = scratch.PointwiseInput;
        Taps taps = _window!.Taps;
        TapConvolution.Convolve(
            tile, taps.ForwardOffsets, PoolWindow.Ones, taps.Count, rows, OutputShape.RowStride, OutputShape.Height, accumulate: false);
        float* pooled = PooledOf(BranchKind.AvgPool, image) + channel * OutputShape.PlaneFloats;
        Planes.Compact(rows, pooled, OutputShape);
        Planes.Multiply(pooled, _window.InverseCounts, pooled, OutputShape.PlaneFloats);
        if (moments)
            AvgMoments[image, channel] = Planes.Moments(pooled, OutputShape);
    }

    /// <summary>Adds the gradient of pooling to that of its input.</summary>
    /// <param name="kind">Maximum or average.</param>
    /// <param name="plane">The plane that was pooled.</param>
    /// <param name="gradient">Gradient of the pooled plane; overwritten.</param>
    /// <param name="inputGradient">To be added to: the gradient of <paramref name="plane"/>.</param>
    /// <param name="scratch">Scratch memory.</param>
    public void PoolBackward(BranchKind kind, float* plane, float* gradient, float* inputGradient, CellScratch scratch)
    {
        Taps taps = _window!.Taps;
        float* winners = scratch.WinnerTile + OutputShape.TileOrigin;
        if (kind == BranchKind.MaxPool)
        {
            FillPoolTiles(plane, float.NegativeInfinity, scratch.PoolTiles);
            float* tile = scratch.PoolTiles + OutputShape.TileOrigin;
            Pooling.FindWinners(tile, taps.ForwardOffsets, taps.Count, winners, OutputShape);
        }
        else
        {
            Planes.Multiply(gradient, _window.InverseCounts, gradient, OutputShape.PlaneFloats);
        }

        Tiles.Fill(gradient, OutputShape, scratch.GradientTile);
        float* origin = scratch.GradientTile + OutputShape.TileOrigin, phases = scratch.PointwiseInput;
        new Span<float>(phases, taps.Phases * OutputShape.ScratchFloats).Clear();
        for (int phase = 0; phase < taps.Phases; phase++)
        {
            ReadOnlySpan<int> numbers = taps.OfPhase(phase);
            int* offsets = taps.BackwardOffsets(phase);
            float* sum = phases + phase * OutputShape.ScratchFloats;
            if (kind == BranchKind.MaxPool)
                Pooling.AddMaximumGradient(origin, winners, offsets, numbers, sum, OutputShape);
            else
            {
                TapConvolution.Convolve(
                    origin, offsets, PoolWindow.Ones, numbers.Length, sum, OutputShape.RowStride, OutputShape.Height, accumulate: true);
            }
        }

        if (Stride == 1)
            Planes.AddRowPlane(phases, null, inputGradient, OutputShape);
        else
            Tiles.AddPhases(phases, OutputShape.ScratchFloats, OutputShape, null, inputGradient, Shape);
    }

    private void FillPoolTiles(float* plane, float outside, float* tiles)
    {
        if (Stride == 2)
            Tiles.FillPhases(plane, Shape, tiles, OutputShape, outside, relu: false);
        else
            Tiles.FillAround(plane, Shape, tiles, outside);
    }
}
