using Microsoft.ML.PcDarts.Kernels;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Kernels;

/// <summary>Single planes through the kernels.</summary>
internal static unsafe class KernelPlanes
{
    /// <summary>A depthwise convolution of one plane [1, 1, H, W].</summary>
    public static float[] Convolve(Tensor plane, Tensor weight, int dilation, int stride)
    {
        PlaneShape output = Output(plane, stride);
        Taps taps = Taps.Of((int)weight.size(2), dilation, stride, output);
        using var memory = new FloatBuffer(InputFloats(plane, output) + output.ScratchFloats + output.PlaneFloats);
        float* tiles = memory.Pointer;
        float* result = tiles + InputFloats(plane, output);
        float* compact = result + output.ScratchFloats;
        FillInput(plane, stride, output, tiles);
        TapConvolution.Convolve(
            tiles + output.TileOrigin, taps, TensorMemory.Pointer(weight), result, output.RowStride, output.Height, accumulate: false);
        Planes.Compact(result, compact, output);
        return new Span<float>(compact, output.Pixels).ToArray();
    }

    /// <summary>The gradient of the weights of such a convolution.</summary>
    public static float[] WeightGradient(Tensor plane, Tensor gradient, int kernel, int dilation, int stride)
    {
        PlaneShape output = Output(plane, stride);
        Taps taps = Taps.Of(kernel, dilation, stride, output);
        int laneFloats = taps.Count * PlaneShape.Lanes;
        using var memory = new FloatBuffer(InputFloats(plane, output) + output.PlaneFloats + output.TileFloats + laneFloats);
        float* tiles = memory.Pointer;
        float* padded = tiles + InputFloats(plane, output);
        float* gradientTile = padded + output.PlaneFloats;
        float* sums = gradientTile + output.TileFloats;
        FillInput(plane, stride, output, tiles);
        Planes.Pad(TensorMemory.Pointer(gradient), output, padded);
        Tiles.Fill(padded, output, gradientTile);
        new Span<float>(sums, laneFloats).Clear();
        TapConvolution.AddWeightGradient(
            tiles + output.TileOrigin, taps, gradientTile + output.TileOrigin, output.RowStride, output.Height, sums);
        return [.. new Span<float>(sums, laneFloats).ToArray().Chunk(PlaneShape.Lanes).Select(lanes => lanes.Sum())];
    }

    private static PlaneShape Input(Tensor plane) => new((int)plane.size(2), (int)plane.size(3));

    private static PlaneShape Output(Tensor plane, int stride) => stride == 2 ? Input(plane).Halved : Input(plane);

    private static int InputFloats(Tensor plane, PlaneShape output)
        => Input(plane).PlaneFloats + 4 * Math.Max(Input(plane).TileFloats, output.TileFloats);

    /// <summary>The tiles of the plane, four phases at stride 2; after them its padded copy.</summary>
    private static void FillInput(Tensor plane, int stride, PlaneShape output, float* tiles)
    {
        PlaneShape input = Input(plane);
        float* padded = tiles + 4 * Math.Max(input.TileFloats, output.TileFloats);
        Planes.Pad(TensorMemory.Pointer(plane), input, padded);
        if (stride == 1)
            Tiles.Fill(padded, input, tiles);
        else
            Tiles.FillPhases(padded, input, tiles, output, outside: 0, relu: false);
    }
}
