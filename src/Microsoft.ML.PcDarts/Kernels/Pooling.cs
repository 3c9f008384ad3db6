using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Plane kernels: maximum pooling of one plane and its gradient, with taps of a tile as in <see cref="TapConvolution"/>.</summary>
internal static unsafe class Pooling
{
    /// <summary>The maximum over the taps; the tile has −∞ around its plane.</summary>
    /// <param name="tile">The tile's first pixel.</param>
    /// <param name="offsets">Offsets of the taps.</param>
    /// <param name="taps">Number of taps.</param>
    /// <param name="output">A plane.</param>
    /// <param name="shape">Size of the output.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Maximum(float* tile, int* offsets, int taps, float* output, PlaneShape shape)
    {
        for (nint y = 0; y < shape.Height; y++)
        {
            for (nint x = 0; x < shape.RowStride; x += 8)
            {
                float* pixel = tile + y * shape.TileRowStride + x;
                Vector256<float> maximum = Load(pixel + offsets[0]);
                for (nint t = 1; t < taps; t++)
                    maximum = MaxNative(maximum, Load(pixel + offsets[t]));
                Vector256.Store(maximum, output + y * shape.Width + x);
            }
        }

        Planes.ClearPadding(output, shape);
    }

    /// <summary>The number of the tap that gave the maximum, the first among equals as in torch, as a tile.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FindWinners(float* tile, int* offsets, int taps, float* winners, PlaneShape shape)
    {
        for (nint y = 0; y < shape.Height; y++)
        {
            for (nint x = 0; x < shape.RowStride; x += 8)
            {
                nint position = y * shape.TileRowStride + x;
                Vector256<float> maximum = Load(tile + position + offsets[0]), winner = default;
                for (int t = 1; t < taps; t++)
                {
                    Vector256<float> value = Load(tile + position + offsets[t]), larger = GreaterThan(value, maximum);
                    maximum = ConditionalSelect(larger, value, maximum);
                    winner = ConditionalSelect(larger, Create((float)t), winner);
                }

                Vector256.Store(winner, winners + position);
            }
        }
    }

    /// <summary>2×2 maxima with stride 2; at an odd side the last windows are smaller.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Maximum2x2(float* plane, PlaneShape input, float* output, PlaneShape shape)
    {
        for (int y = 0; y < shape.Height; y++)
        {
            float* upper = plane + 2 * y * input.Width;
            float* lower = 2 * y + 1 < input.Height ? upper + input.Width : upper;
            float* result = output + y * shape.Width;
            for (int x = 0; x < shape.Width; x++)
            {
                int left = 2 * x, right = Math.Min(left + 1, input.Width - 1);
                result[x] = Math.Max(Math.Max(upper[left], upper[right]), Math.Max(lower[left], lower[right]));
            }
        }

        Planes.ClearPadding(output, shape);
    }

    /// <summary>Adds the gradient of each 2×2 maximum to the first pixel that has it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddMaximum2x2Gradient(float* plane, PlaneShape input, float* gradient, float* output, PlaneShape shape)
    {
        for (int y = 0; y < shape.Height; y++)
        {
            for (int x = 0; x < shape.Width; x++)
            {
                int first = 2 * y * input.Width + 2 * x, winner = first;
                int right = 2 * x + 1 < input.Width ? 1 : 0, below = 2 * y + 1 < input.Height ? input.Width : 0;
                Prefer(first + right);
                Prefer(first + below);
                Prefer(first + below + right);
                output[winner] += gradient[y * shape.Width + x];

                void Prefer(int pixel)
                {
                    if (plane[pixel] > plane[winner])
                        winner = pixel;
                }
            }
        }
    }

    /// <summary>output[p] += Σ gradient[q] over the outputs q whose winner is p; for the taps of one phase.</summary>
    /// <param name="gradient">The first pixel of the gradient's tile, zeros around it.</param>
    /// <param name="winners">The first pixel of the winners' tile.</param>
    /// <param name="offsets">Offset of each tap from an input pixel to the output pixel that reads it.</param>
    /// <param name="numbers">The taps' numbers.</param>
    /// <param name="output">A row plane of the phase.</param>
    /// <param name="shape">Size of the phase.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddMaximumGradient(
        float* gradient, float* winners, int* offsets, ReadOnlySpan<int> numbers, float* output, PlaneShape shape)
    {
        for (nint y = 0; y < shape.Height; y++)
        {
            for (nint x = 0; x < shape.RowStride; x += 8)
            {
                nint position = y * shape.TileRowStride + x;
                Vector256<float> sum = Load(output + y * shape.RowStride + x);
                for (int i = 0; i < numbers.Length; i++)
                {
                    nint reader = position + offsets[i];
                    sum += Load(gradient + reader) & Vector256.Equals(Load(winners + reader), Create((float)numbers[i]));
                }

                Vector256.Store(sum, output + y * shape.RowStride + x);
            }
        }
    }
}
