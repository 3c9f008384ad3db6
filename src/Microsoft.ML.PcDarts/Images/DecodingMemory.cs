using System.Globalization;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Lets as many large pictures be decoded at a time as fit the memory that is free; others wait.</summary>
/// <param name="free">Bytes of memory that the process can still take.</param>
/// <param name="returnUnused">Makes more memory free, if it can.</param>
internal sealed class DecodingMemory(Func<long> free, Action returnUnused)
{
    // Smaller pictures are not worth the bookkeeping: a hundred threads of them hold 400 MB.
    private const long Small = 4 << 20;
    // What a step beside the decoding may take meanwhile.
    private const long Margin = 32 << 20;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private readonly object _gate = new();
    private long _inUse;

    /// <summary>The one of this process.</summary>
    public static DecodingMemory Shared { get; } = new(FreeMemory.NativeBytes, FreeMemory.ReturnUnused);

    /// <summary>Waits until a picture can be decoded.</summary>
    /// <param name="header">The picture.</param>
    /// <param name="path">Its file, for the message.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    /// <returns>To be disposed when the decoded picture is.</returns>
    /// <exception cref="InsufficientMemoryException">It does not fit, though no other picture is being decoded.</exception>
    public Lease Enter(PictureHeader header, string path, CancellationToken cancellation)
    {
        long bytes = header.DecodedBytes;
        if (bytes < Small)
            return default;
        lock (_gate)
        {
            while (true)
            {
                if (bytes <= Room())
                    break;
                returnUnused();
                long room = Room();
                if (bytes <= room)
                    break;
                if (_inUse == 0)
                    throw TooLarge(header, path, Math.Max(0, room));
                // Memory also becomes free elsewhere.
                Monitor.Wait(_gate, Poll);
                cancellation.ThrowIfCancellationRequested();
            }
            _inUse += bytes;
        }
        return new Lease(this, bytes);
    }

    // What the others hold may or may not be taken yet: it is counted as if it were not.
    private long Room() => free() - _inUse - Margin;

    private void Leave(long bytes)
    {
        lock (_gate)
        {
            _inUse -= bytes;
            Monitor.PulseAll(_gate);
        }
    }

    private static InsufficientMemoryException TooLarge(PictureHeader header, string path, long room) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The picture '{path}' is of {header.SizeText} and takes {Megabytes(header.DecodedBytes)} MB of memory to "
            + $"decode; {Megabytes(room)} MB are free. "
        + $"Make the picture smaller, give the process more memory, or leave such pictures out with a lower MaximumPixels (it "
        + $"has {header.Pixels:N0}) and BadImages set to {nameof(BadImageHandling)}.{nameof(BadImageHandling.Skip)}."));

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The memory of one picture.</summary>
    public readonly struct Lease : IDisposable
    {
        private readonly DecodingMemory? _owner;
        private readonly long _bytes;

        public Lease(DecodingMemory owner, long bytes) => (_owner, _bytes) = (owner, bytes);

        /// <summary>Gives it back.</summary>
        public void Dispose() => _owner?.Leave(_bytes);
    }
}
