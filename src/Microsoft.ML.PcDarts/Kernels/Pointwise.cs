using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector256;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Plane kernels: the 1×1 convolution of the planes of one image, output = matrix · input, where the rows of input and output are planes.
/// </summary>
internal static unsafe partial class Pointwise
{
    /// <summary>output[o] = Σ matrix[o · inputs + i] · input[i].</summary>
    /// <param name="matrix">[outputs, inputs].</param>
    /// <param name="outputs">Number of output planes.</param>
    /// <param name="inputs">Number of input planes.</param>
    /// <param name="input">The input planes.</param>
    /// <param name="inputStride">Floats from one input plane to the next.</param>
    /// <param name="output">Receives the output planes.</param>
    /// <param name="outputStride">Floats from one output plane to the next.</param>
    /// <param name="count">Floats of a plane, a multiple of 8.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Multiply(
        float* matrix, int outputs, int inputs, float* input, nint inputStride, float* output, nint outputStride, nint count)
    {
        int o = 0, rowsBySix = RowsInBlocksOfSix(outputs);
        for (; o < rowsBySix; o += 6)
        {
            float* rows = matrix + o * inputs;
            nint pixel = 0;
            for (; count - pixel >= 16; pixel += 16)
                Multiply6x2(rows, inputs, input + pixel, inputStride, output + o * outputStride + pixel, outputStride);
            if (pixel < count)
            {
                Multiply4x1(rows, inputs, input + pixel, inputStride, output + o * outputStride + pixel, outputStride);
                Multiply4x1(rows + 2 * inputs, inputs, input + pixel, inputStride, output + (o + 2) * outputStride + pixel, outputStride);
            }
        }

        for (; outputs - o >= 4; o += 4)
        {
            nint pixel = 0;
            for (; count - pixel >= 16; pixel += 16)
                Multiply4x2(matrix + o * inputs, inputs, input + pixel, inputStride, output + o * outputStride + pixel, outputStride);
            if (pixel < count)
                Multiply4x1(matrix + o * inputs, inputs, input + pixel, inputStride, output + o * outputStride + pixel, outputStride);
        }

        for (; o < outputs; o++)
        {
            for (nint pixel = 0; pixel < count; pixel += 8)
            {
                Vector256<float> sum = default;
                for (nint i = 0; i < inputs; i++)
                    sum = FusedMultiplyAdd(Create(matrix[o * inputs + i]), Load(input + i * inputStride + pixel), sum);
                Vector256.Store(sum, output + o * outputStride + pixel);
            }
        }
    }

    /// <summary>Number of rows that are computed in blocks of six; the others follow in blocks of four, the last ones one by one.</summary>
    /// <remarks>The twelve sums of a six-row block hide the latency of multiply-add; the eight of a four-row block do so almost.</remarks>
    private static int RowsInBlocksOfSix(int rows)
    {
        int blocks = rows / 6;
        bool restIsMultipleOfFour = (blocks & 1) == (rows >> 1 & 1); // but for a last odd row
        return 6 * (restIsMultipleOfFour ? blocks : blocks - 1);
    }

    // Blocks of rows × vectors. Sums are numbered by row, then by vector.
    private static void Multiply6x2(float* matrix, nint inputs, float* input, nint inputStride, float* output, nint outputStride)
    {
        Vector256<float> sum00 = default, sum01 = default, sum10 = default, sum11 = default, sum20 = default, sum21 = default;
        Vector256<float> sum30 = default, sum31 = default, sum40 = default, sum41 = default, sum50 = default, sum51 = default;
        float* row1 = matrix + inputs;
        float* row2 = row1 + inputs;
        float* row3 = row2 + inputs;
        float* row4 = row3 + inputs;
        float* row5 = row4 + inputs;
        for (nint i = 0; i < inputs; i++, input += inputStride)
        {
            Vector256<float> x0 = Load(input), x1 = Load(input + 8);
            Vector256<float> w = Create(matrix[i]);
            sum00 = FusedMultiplyAdd(w, x0, sum00);
            sum01 = FusedMultiplyAdd(w, x1, sum01);
            w = Create(row1[i]);
            sum10 = FusedMultiplyAdd(w, x0, sum10);
            sum11 = FusedMultiplyAdd(w, x1, sum11);
            w = Create(row2[i]);
            sum20 = FusedMultiplyAdd(w, x0, sum20);
            sum21 = FusedMultiplyAdd(w, x1, sum21);
            w = Create(row3[i]);
            sum30 = FusedMultiplyAdd(w, x0, sum30);
            sum31 = FusedMultiplyAdd(w, x1, sum31);
            w = Create(row4[i]);
            sum40 = FusedMultiplyAdd(w, x0, sum40);
            sum41 = FusedMultiplyAdd(w, x1, sum41);
            w = Create(row5[i]);
            sum50 = FusedMultiplyAdd(w, x0, sum50);
            sum51 = FusedMultiplyAdd(w, x1, sum51);
        }

        Store(sum00, sum01, output);
        output += outputStride;
        Store(sum10, sum11, output);
        output += outputStride;
        Store(sum20, sum21, output);
        output += outputStride;
        Store(sum30, sum31, output);
        output += outputStride;
        Store(sum40, sum41, output);
        output += outputStride;
        Store(sum50, sum51, output);
    }

    private static void Multiply4x2(float* matrix, nint inputs, float* input, nint inputStride, float* output, nint outputStride)
    {
        Vector256<float> sum00 = default, sum01 = default, sum10 = default, sum11 = default;
        Vector256<float> sum20 = default, sum21 = default, sum30 = default, sum31 = default;
        float* row1 = matrix + inputs;
        float* row2 = row1 + inputs;
        float* row3 = row2 + inputs;
        for (nint i = 0; i < inputs; i++, input += inputStride)
        {
            Vector256<float> x0 = Load(input), x1 = Load(input + 8);
            Vector256<float> w = Create(matrix[i]);
            sum00 = FusedMultiplyAdd(w, x0, sum00);
            sum01 = FusedMultiplyAdd(w, x1, sum01);
            w = Create(row1[i]);
            sum10 = FusedMultiplyAdd(w, x0, sum10);
            sum11 = FusedMultiplyAdd(w, x1, sum11);
            w = Create(row2[i]);
            sum20 = FusedMultiplyAdd(w, x0, sum20);
            sum21 = FusedMultiplyAdd(w, x1, sum21);
            w = Create(row3[i]);
            sum30 = FusedMultiplyAdd(w, x0, sum30);
            sum31 = FusedMultiplyAdd(w, x1, sum31);
        }

        Store(sum00, sum01, output);
        output += outputStride;
        Store(sum10, sum11, output);
        output += outputStride;
        Store(sum20, sum21, output);
        output += outputStride;
        Store(sum30, sum31, output);
    }

    private static void Multiply4x1(float* matrix, nint inputs, float* input, nint inputStride, float* output, nint outputStride)
    {
        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (nint i = 0; i < inputs; i++, input += inputStride)
        {
            Vector256<float> x = Load(input);
            sum0 = FusedMultiplyAdd(Create(matrix[i]), x, sum0);
            sum1 = FusedMultiplyAdd(Create(matrix[inputs + i]), x, sum1);
            sum2 = FusedMultiplyAdd(Create(matrix[2 * inputs + i]), x, sum2);
            sum3 = FusedMultiplyAdd(Create(matrix[3 * inputs + i]), x, sum3);
        }

        Vector256.Store(sum0, output);
        Vector256.Store(sum1, output + outputStride);
        Vector256.Store(sum2, output + 2 * outputStride);
        Vector256.Store(sum3, output + 3 * outputStride);
    }

    private static void Store(Vector256<float> first, Vector256<float> second, float* output)
    {
        Vector256.Store(first, output);
        Vector256.Store(second, output + 8);
    }
}
