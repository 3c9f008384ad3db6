using System.Collections.Concurrent;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Which floats of a tile a k×k convolution reads. With stride 2 the input lies as four phases (row and column parity), a tile each, so that every tap reads
/// neighbours there too.
/// </summary>
internal sealed unsafe class Taps
{
    private static readonly ConcurrentDictionary<(int, int, int, PlaneShape), Taps> Known = new();
    private readonly int[] _forward;
    private readonly int[][] _backward, _members;

    /// <summary>The taps of a convolution. They are kept, so that a pass makes none.</summary>
    /// <param name="kernel">Side of the kernel, odd.</param>
    /// <param name="dilation">1 or 2.</param>
    /// <param name="stride">1 or 2.</param>
    /// <param name="output">Size of the output, which is that of every phase.</param>
    internal static Taps Of(int kernel, int dilation, int stride, PlaneShape output)
        => Known.GetOrAdd((kernel, dilation, stride, output), _ => new Taps(kernel, dilation, stride, output));

    private Taps(int kernel, int dilation, int stride, PlaneShape output)
    {
        (Kernel, Dilation, Stride) = (kernel, dilation, stride);
        _forward = GC.AllocateUninitializedArray<int>(kernel * kernel, pinned: true);
        int phases = stride * stride, reach = kernel / 2;
        List<int>[] members = [.. Enumerable.Range(0, phases).Select(_ => new List<int>())];
        for (int t = 0; t < _forward.Length; t++)
        {
            int dy = (t / kernel - reach) * dilation, dx = (t % kernel - reach) * dilation;
            int py = dy & (stride - 1), px = dx & (stride - 1), phase = py * stride + px;
            _forward[t] = (dy - py) / stride * output.TileStride + (dx - px) / stride + phase * output.TileSize;
            members[phase].Add(t);
        }

        _members = [.. members.Select(list => list.ToArray())];
        _backward = new int[phases][];
        for (int phase = 0; phase < phases; phase++)
        {
            int[] offsets = _backward[phase] = GC.AllocateUninitializedArray<int>(_members[phase].Length, pinned: true);
            for (int i = 0; i < offsets.Length; i++)
                offsets[i] = phase * output.TileSize - _forward[_members[phase][i]];
        }
    }

    /// <summary>Side of the kernel.</summary>
    internal int Kernel { get; }

    internal int Dilation { get; }

    internal int Stride { get; }

    internal int Count => _forward.Length;

    internal int Phases => _backward.Length;

    /// <summary>Offset of each tap from an output pixel to the input pixel that it reads.</summary>
    internal int* Forward => Pointer(_forward);

    /// <summary>Offset of each tap of a phase from an input pixel to the output pixel that reads it.</summary>
    internal int* Backward(int phase) => Pointer(_backward[phase]);

    /// <summary>Which taps read a phase.</summary>
    internal ReadOnlySpan<int> Members(int phase) => _members[phase];

    // The arrays are pinned and outlive every use, since this object does.
    private static int* Pointer(int[] pinned) => (int*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(pinned));
}
