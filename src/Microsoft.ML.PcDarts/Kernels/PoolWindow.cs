using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Plane kernels: the 3×3 window of maximum and average pooling.</summary>
internal sealed unsafe class PoolWindow
{
    private const int Side = 3;
    private static readonly ConcurrentDictionary<(PlaneShape, int), PoolWindow> Cache = new();
    private static readonly float[] OnesValues = CreateOnes();
    private readonly float[] _inverseCounts;

    private PoolWindow(PlaneShape input, int stride)
    {
        PlaneShape output = stride == 2 ? input.Halved : input;
        Taps = Taps.Of(Side, dilation: 1, stride, output);
        _inverseCounts = GC.AllocateArray<float>(output.PlaneFloats, pinned: true);
        for (int y = 0; y < output.Height; y++)
        {
            for (int x = 0; x < output.Width; x++)
                _inverseCounts[y * output.Width + x] = 1f / (Inside(y, input.Height) * Inside(x, input.Width));
        }

        int Inside(int position, int length) => Math.Min(position * stride + 2, length) - Math.Max(position * stride - 1, 0);
    }

    /// <summary>The window on planes of a size; created once, so that a pass allocates none.</summary>
    public static PoolWindow Of(PlaneShape input, int stride)
        => Cache.GetOrAdd((input, stride), key => new PoolWindow(key.Item1, key.Item2));

    public Taps Taps { get; }

    /// <summary>The weight 1 for each tap.</summary>
    public static float* Ones => Pointer(OnesValues);

    /// <summary>A plane of 1 / the number of pixels that each window has inside the input.</summary>
    public float* InverseCounts => Pointer(_inverseCounts);

    private static float[] CreateOnes()
    {
        float[] ones = GC.AllocateUninitializedArray<float>(Side * Side, pinned: true);
        Array.Fill(ones, 1);
        return ones;
    }

    // The arrays are pinned and outlive every use, since this object does.
    private static float* Pointer(float[] pinned) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
