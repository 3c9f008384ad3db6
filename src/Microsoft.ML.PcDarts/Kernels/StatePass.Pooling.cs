namespace Microsoft.ML.PcDarts.Kernels;

internal sealed unsafe partial class StatePass
{
    private const int Window = 9;
    private static readonly FloatBlock Ones = CreateOnes();
    private FloatBlock? _inverseCounts;

    /// <summary>Maximum pooling of a plane into <see cref="MaxPooled"/>.</summary>
    internal void MaxPool(int image, int channel, float* plane, CellScratch scratch, bool moments)
    {
        FillPoolTile(plane, float.NegativeInfinity, scratch.Pooled);
        float* pooled = PooledOf(BranchKind.MaxPool, image) + channel * Output.Size;
        Pooling.Maximum(scratch.Pooled + Output.TileOrigin, PoolTaps!.Forward, Window, pooled, Output);
        if (moments)
            MaxMoments[image, channel] = Kernels.Planes.Moments(pooled, Output);
    }

    /// <summary>Average pooling of a plane, over the pixels inside it, into <see cref="AvgPooled"/>.</summary>
    internal void AvgPool(int image, int channel, float* plane, CellScratch scratch, bool moments)
    {
        FillPoolTile(plane, 0, scratch.Pooled);
        TapConvolution.Sum(
            scratch.Pooled + Output.TileOrigin, PoolTaps!.Forward, Ones.Pointer, Window, scratch.Maps, Output.Stride, Output.Height, accumulate: false);
        float* pooled = PooledOf(BranchKind.AvgPool, image) + channel * Output.Size;
        Kernels.Planes.Compact(scratch.Maps, pooled, Output);
        Kernels.Planes.Multiply(pooled, InverseCounts(), pooled, Output.Size);
        if (moments)
            AvgMoments[image, channel] = Kernels.Planes.Moments(pooled, Output);
    }

    /// <summary>Adds the gradient of the pooled plane's input to <paramref name="target"/>.</summary>
    internal void PoolBackward(BranchKind kind, float* plane, float* gradient, float* target, CellScratch scratch)
    {
        if (kind == BranchKind.MaxPool)
        {
            FillPoolTile(plane, float.NegativeInfinity, scratch.Pooled);
            Pooling.Winners(scratch.Pooled + Output.TileOrigin, PoolTaps!.Forward, Window, scratch.Winners + Output.TileOrigin, Output);
        }
        else
        {
            Kernels.Planes.Multiply(gradient, InverseCounts(), gradient, Output.Size);
        }

        Tiles.Fill(gradient, Output, scratch.GradientTile);
        float* origin = scratch.GradientTile + Output.TileOrigin;
        new Span<float>(scratch.Maps, PoolTaps!.Phases * Output.ScratchSize).Clear();
        for (int phase = 0; phase < PoolTaps.Phases; phase++)
        {
            ReadOnlySpan<int> members = PoolTaps.Members(phase);
            float* sum = scratch.Maps + phase * Output.ScratchSize;
            if (kind == BranchKind.MaxPool)
                Pooling.Distribute(origin, scratch.Winners + Output.TileOrigin, PoolTaps.Backward(phase), members, sum, Output);
            else
                TapConvolution.Sum(origin, PoolTaps.Backward(phase), Ones.Pointer, members.Length, sum, Output.Stride, Output.Height, accumulate: true);
        }

        if (Stride == 1)
            Kernels.Planes.AddRows(scratch.Maps, null, target, Output);
        else
            Tiles.AddPhases(scratch.Maps, Output.ScratchSize, Output, null, target, Shape);
    }

    private void FillPoolTile(float* plane, float outside, float* tile)
    {
        if (Stride == 2)
            Tiles.FillPhases(plane, Shape, tile, Output, outside, rectify: false);
        else
            Tiles.FillAround(plane, Shape, tile, outside);
    }

    /// <summary>1 / the number of pixels that each window has inside the plane.</summary>
    private float* InverseCounts()
    {
        if (_inverseCounts is null)
        {
            var counts = new FloatBlock(Output.Size);
            float* values = counts.Pointer;
            new Span<float>(values, Output.Size).Clear();
            for (int y = 0; y < Output.Height; y++)
            {
                for (int x = 0; x < Output.Width; x++)
                    values[y * Output.Width + x] = 1f / (Inside(y, Shape.Height) * Inside(x, Shape.Width));
            }

            _inverseCounts = counts;
        }

        return _inverseCounts.Pointer;

        int Inside(int position, int length) => Math.Min(position * Stride + 2, length) - Math.Max(position * Stride - 1, 0);
    }

    private static FloatBlock CreateOnes()
    {
        var ones = new FloatBlock(Window);
        new Span<float>(ones.Pointer, Window).Fill(1);
        return ones;
    }
}
