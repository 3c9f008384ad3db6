namespace Microsoft.ML.PcDarts.Kernels;

/// <content>
/// Units that are nothing but a ReLU and a 1×1 convolution: the preprocessing of a cell. They read many channels, so they take a few rows at a time, which stay in the cache
/// between the ReLU and the convolution.
/// </content>
internal sealed unsafe partial class UnitPass
{
    private const int BlockPixels = 256;

    /// <summary>Floats from a channel of a block to the next one.</summary>
    private int BlockStep => Math.Min(_output.ScratchSize, BlockPixels + 16);

    private void ForwardPlain(float* planes, float* map, float* block)
    {
        for (int start = 0; start < _output.Size; start += BlockPixels)
        {
            int count = Math.Min(BlockPixels, _output.Size - start);
            RectifyBlock(planes + start, block, count);
            Pointwise.Multiply(_matrix, Outputs, _columns, block, BlockStep, map + start, _output.Size, count);
        }
    }

    private void BackwardPlain(float* planes, CellScratch scratch, float* matrixSums, float* target)
    {
        int step = _output.ScratchSize;
        for (int start = 0; start < _output.Size; start += BlockPixels)
        {
            int count = Math.Min(BlockPixels, _output.Size - start);
            if (matrixSums != null)
            {
                RectifyBlock(planes + start, scratch.Maps, count);
                Pointwise.Outer(scratch.Gradients + start, step, Outputs, scratch.Maps, BlockStep, _columns, count, matrixSums, TurnedFloats > 0 ? scratch.Turned : null);
            }

            if (target == null)
                continue;
            Pointwise.Multiply(_transposed, _columns, Outputs, scratch.Gradients + start, step, scratch.MapGradients, BlockStep, count);
            for (int c = 0; c < _inputs; c++)
            {
                long offset = (long)c * _input.Size + start;
                Planes.AddWherePositive(scratch.MapGradients + c * BlockStep, planes + offset, target + offset, count);
            }
        }
    }

    private void RectifyBlock(float* planes, float* block, int count)
    {
        for (int c = 0; c < _inputs; c++)
            Planes.Rectify(planes + (long)c * _input.Size, block + c * BlockStep, count);
    }
}
