using Microsoft.ML.PcDarts.Kernels;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Kernels;

/// <summary>Single planes through the kernels.</summary>
internal static unsafe class KernelPlanes
{
    /// <summary>A depthwise convolution of one plane [1, 1, H, W].</summary>
    internal static float[] Convolve(Tensor plane, Tensor weight, int dilation, int stride)
    {
        PlaneShape output = Output(plane, stride);
        Taps taps = Taps.Of((int)weight.size(2), dilation, stride, output);
        using var memory = new FloatBlock(InputFloats(plane, output) + output.ScratchSize + output.Size);
        float* tiles = memory.Pointer;
        float* result = tiles + InputFloats(plane, output);
        float* compact = result + output.ScratchSize;
        FillInput(plane, stride, output, tiles);
        TapConvolution.Sum(tiles + output.TileOrigin, taps, CellMemory.Pointer(weight), result, output.Stride, output.Height, accumulate: false);
        Planes.Compact(result, compact, output);
        return new Span<float>(compact, output.Pixels).ToArray();
    }

    /// <summary>The gradient of the weights of such a convolution.</summary>
    internal static float[] WeightGradient(Tensor plane, Tensor gradient, int kernel, int dilation, int stride)
    {
        PlaneShape output = Output(plane, stride);
        Taps taps = Taps.Of(kernel, dilation, stride, output);
        int lanes = taps.Count * PlaneShape.Lanes;
        using var memory = new FloatBlock(InputFloats(plane, output) + output.Size + output.TileSize + lanes);
        float* tiles = memory.Pointer;
        float* padded = tiles + InputFloats(plane, output);
        float* gradientTile = padded + output.Size;
        float* sums = gradientTile + output.TileSize;
        FillInput(plane, stride, output, tiles);
        Planes.Pad(CellMemory.Pointer(gradient), output, padded);
        Tiles.Fill(padded, output, gradientTile);
        new Span<float>(sums, lanes).Clear();
        TapConvolution.Correlate(tiles + output.TileOrigin, taps, gradientTile + output.TileOrigin, output.Stride, output.Height, sums);
        return [.. Enumerable.Range(0, taps.Count).Select(tap => new Span<float>(sums + tap * PlaneShape.Lanes, PlaneShape.Lanes).ToArray().Sum())];
    }

    private static PlaneShape Input(Tensor plane) => new((int)plane.size(2), (int)plane.size(3));

    private static PlaneShape Output(Tensor plane, int stride) => stride == 2 ? Input(plane).Halved : Input(plane);

    private static int InputFloats(Tensor plane, PlaneShape output) => Input(plane).Size + 4 * Math.Max(Input(plane).TileSize, output.TileSize);

    /// <summary>The tiles of the plane, four phases at stride 2; behind them its padded copy.</summary>
    private static void FillInput(Tensor plane, int stride, PlaneShape output, float* tiles)
    {
        PlaneShape input = Input(plane);
        float* padded = tiles + 4 * Math.Max(input.TileSize, output.TileSize);
        Planes.Pad(CellMemory.Pointer(plane), input, padded);
        if (stride == 1)
            Tiles.Fill(padded, input, tiles);
        else
            Tiles.FillPhases(padded, input, tiles, output, outside: 0, rectify: false);
    }
}
