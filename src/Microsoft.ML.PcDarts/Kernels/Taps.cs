using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Plane kernels: the taps of a k×k convolution, that is, the offsets of the floats of a tile that it reads for an output pixel. At stride
/// 2 the input lies as four phases, a tile each, so that the outputs of a vector read neighbors there too.
/// </summary>
internal sealed unsafe class Taps
{
    private static readonly ConcurrentDictionary<(int, int, int, PlaneShape), Taps> Cache = new();
    private readonly int[] _forwardOffsets;
    private readonly int[][] _backwardOffsets, _tapsOfPhase;

    /// <summary>The taps of a convolution; created once, so that a pass allocates none.</summary>
    /// <param name="kernel">Side of the kernel, odd.</param>
    /// <param name="dilation">1 or 2.</param>
    /// <param name="stride">1 or 2.</param>
    /// <param name="output">Size of the output, which is that of every phase.</param>
    public static Taps Of(int kernel, int dilation, int stride, PlaneShape output)
        => Cache.GetOrAdd((kernel, dilation, stride, output), _ => new Taps(kernel, dilation, stride, output));

    private Taps(int kernel, int dilation, int stride, PlaneShape output)
    {
        (Kernel, Dilation, Stride) = (kernel, dilation, stride);
        _forwardOffsets = GC.AllocateUninitializedArray<int>(kernel * kernel, pinned: true);
        int phases = stride * stride, reach = kernel / 2;
        List<int>[] tapsOfPhase = [.. Enumerable.Range(0, phases).Select(_ => new List<int>())];
        for (int t = 0; t < _forwardOffsets.Length; t++)
        {
            int dy = (t / kernel - reach) * dilation, dx = (t % kernel - reach) * dilation;
            int py = dy & (stride - 1), px = dx & (stride - 1), phase = py * stride + px;
            _forwardOffsets[t] = (dy - py) / stride * output.TileRowStride + (dx - px) / stride + phase * output.TileFloats;
            tapsOfPhase[phase].Add(t);
        }

        _tapsOfPhase = [.. tapsOfPhase.Select(list => list.ToArray())];
        _backwardOffsets = new int[phases][];
        for (int phase = 0; phase < phases; phase++)
        {
            int[] offsets = _backwardOffsets[phase] = GC.AllocateUninitializedArray<int>(_tapsOfPhase[phase].Length, pinned: true);
            for (int i = 0; i < offsets.Length; i++)
                offsets[i] = phase * output.TileFloats - _forwardOffsets[_tapsOfPhase[phase][i]];
        }
    }

    /// <summary>Side of the kernel.</summary>
    public int Kernel { get; }

    public int Dilation { get; }

    public int Stride { get; }

    public int Count => _forwardOffsets.Length;

    public int Phases => _backwardOffsets.Length;

    /// <summary>Offset of each tap from an output pixel to the input pixel that it reads.</summary>
    public int* ForwardOffsets => Pointer(_forwardOffsets);

    /// <summary>Offset of each tap of a phase from an input pixel to the output pixel that reads it.</summary>
    public int* BackwardOffsets(int phase) => Pointer(_backwardOffsets[phase]);

    /// <summary>The numbers of the taps that read a phase.</summary>
    public ReadOnlySpan<int> OfPhase(int phase) => _tapsOfPhase[phase];

    // The arrays are pinned and outlive every use, since this object does.
    private static int* Pointer(int[] pinned) => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
