using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>Single planes through the kernels.</summary>
internal static unsafe class KernelPlanes
{
    /// <summary>A depthwise convolution of one plane [1, 1, H, W].</summary>
    internal static float[] Convolve(Tensor plane, Tensor weight, int dilation, int stride)
    {
        PlaneShape input = new((int)plane.size(2), (int)plane.size(3)), output = stride == 2 ? input.Halved : input;
        int kernel = (int)weight.size(2);
        Taps taps = Taps.Of(kernel, dilation, stride, output);
        float[] memory = CellMemory.Allocate(input.Size + 4 * Math.Max(input.TileSize, output.TileSize) + output.ScratchSize + 64);
        float* padded = CellMemory.Aligned(memory);
        float* tile = padded + input.Size;
        float* result = tile + 4 * Math.Max(input.TileSize, output.TileSize);
        Planes.Pad(CellMemory.Pointer(plane), input, padded);
        if (stride == 1)
            Tiles.Fill(padded, input, tile);
        else
            Tiles.FillPhases(padded, input, tile, output, outside: 0, rectify: false);
        TapConvolution.Sum(tile + output.TileOrigin, taps.Forward, CellMemory.Pointer(weight), taps.Count, result, output.Stride, output.Height, accumulate: false);
        Planes.Compact(result, tile, output);
        return new Span<float>(tile, output.Pixels).ToArray();
    }
}
