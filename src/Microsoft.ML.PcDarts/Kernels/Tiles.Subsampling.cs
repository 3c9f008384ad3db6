using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Layouts: every second pixel of every second row, which the 1×1 convolutions of a factorized reduction read.</content>
internal static unsafe partial class Tiles
{
    /// <summary>output[y, x] = max(0, plane[2y + offset, 2x + offset]), a plane of its own; zero beyond an odd side.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void SubsampleRelu(float* plane, PlaneShape shape, int offset, float* output, PlaneShape half)
    {
        int rows = (shape.Height + 1 - offset) / 2, columns = (shape.Width + 1 - offset) / 2;
        for (int y = 0; y < rows; y++)
        {
            float* row = plane + (2 * y + offset) * shape.Width;
            float* result = output + y * half.Width;
            for (nint x = 0; x < shape.RowStride; x += 8)
            {
                Vector256<float> sorted = Shuffle(MaxNative(Vector256<float>.Zero, Load(row + x)), Deinterleave);
                Vector128.Store(offset == 0 ? sorted.GetLower() : sorted.GetUpper(), result + x / 2);
            }

            if (columns < half.Width)
                result[columns] = 0;
        }

        new Span<float>(output + rows * half.Width, half.PlaneFloats - rows * half.Width).Clear();
    }

    /// <summary>The gradient of <see cref="SubsampleRelu"/>: added to <paramref name="output"/> where the plane is positive.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddSubsampleGradient(float* gradient, PlaneShape half, int offset, float* plane, float* output, PlaneShape shape)
    {
        Vector256<float> all = Create(-1).AsSingle(), last = Planes.LastVectorMask(shape);
        for (int y = 0; 2 * y + offset < shape.Height; y++)
        {
            float* row = plane + (2 * y + offset) * shape.Width;
            float* sum = output + (2 * y + offset) * shape.Width;
            for (nint x = 0; x < shape.RowStride; x += 8)
            {
                Vector128<float> columns = Vector128.Load(gradient + y * half.Width + x / 2);
                Vector256<float> spread = offset == 0
                    ? Create(columns, Vector128<float>.Zero)
                    : Create(Vector128<float>.Zero, columns);
                Vector256<float> selected = GreaterThan(Load(row + x), Vector256<float>.Zero) & (x + 8 < shape.RowStride ? all : last);
                Vector256.Store(Load(sum + x) + (Shuffle(spread, Interleave) & selected), sum + x);
            }
        }
    }
}
