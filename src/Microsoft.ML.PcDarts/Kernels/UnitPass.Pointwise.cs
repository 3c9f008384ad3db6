namespace Microsoft.ML.PcDarts.Kernels;

/// <content>
/// Units: those that are only a ReLU and a 1×1 convolution, as in the preprocessing of a cell. They read many channels, so they work on a
/// block of pixels at a time, which stays in the cache between the ReLU and the convolution.
/// </content>
internal sealed unsafe partial class UnitPass
{
    private const int BlockPixels = 256;

    private bool IsPointwise => _taps is null && _unit.Stride == 1;

    /// <summary>Floats from a channel of a block to the next one.</summary>
    private int BlockStride => Math.Min(OutputShape.ScratchFloats, BlockPixels + 16);

    private void ForwardPointwise(float* planes, float* map, CellScratch scratch)
    {
        int planeFloats = OutputShape.PlaneFloats;
        for (int start = 0; start < planeFloats; start += BlockPixels)
        {
            int count = Math.Min(BlockPixels, planeFloats - start);
            ReluBlock(planes + start, scratch.PointwiseInput, count);
            Pointwise.Multiply(_matrix, Outputs, Columns, scratch.PointwiseInput, BlockStride, map + start, planeFloats, count);
        }
    }

    private void BackwardPointwise(float* planes, CellScratch scratch, float* matrixGradient, float* inputGradient)
    {
        int stride = OutputShape.ScratchFloats, planeFloats = OutputShape.PlaneFloats;
        float* block = scratch.PointwiseInput, blockGradient = scratch.PointwiseInputGradient;
        float* transposed = TransposedFloats > 0 ? scratch.Transposed : null;
        for (int start = 0; start < planeFloats; start += BlockPixels)
        {
            int count = Math.Min(BlockPixels, planeFloats - start);
            float* gradient = scratch.MapGradient + start;
            if (matrixGradient != null)
            {
                ReluBlock(planes + start, block, count);
                Pointwise.AddWeightGradient(gradient, stride, Outputs, block, BlockStride, Columns, count, matrixGradient, transposed);
            }

            if (inputGradient == null)
                continue;
            Pointwise.Multiply(_matrixTransposed, Columns, Outputs, gradient, stride, blockGradient, BlockStride, count);
            for (int c = 0; c < Inputs; c++)
            {
                long offset = (long)c * _inputShape.PlaneFloats + start;
                Planes.AddWherePositive(blockGradient + c * BlockStride, planes + offset, inputGradient + offset, count);
            }
        }
    }

    private void ReluBlock(float* planes, float* block, int count)
    {
        for (int c = 0; c < Inputs; c++)
            Planes.Relu(planes + (long)c * _inputShape.PlaneFloats, block + c * BlockStride, count);
    }
}
