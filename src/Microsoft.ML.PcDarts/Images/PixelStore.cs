using System.Globalization;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Where decoded pictures are written: memory, or a file that is mapped afterwards.</summary>
internal abstract class PixelStore : IDisposable
{
    private protected const int Channels = 3;

    private protected PixelStore(int count, int width, int height)
    {
        Count = count;
        Width = width;
        Height = height;
    }

    private protected int Count { get; }

    private protected int Width { get; }

    private protected int Height { get; }

    private protected int RowBytes => Channels * Width * Height;

    /// <summary>Memory when the pixels fit the limit, else a mapped file in the workspace.</summary>
    /// <param name="log">Told about a mapped file.</param>
    /// <param name="count">Pictures to hold.</param>
    /// <param name="settings">Size, limit and workspace.</param>
    public static PixelStore Create(IChannel log, int count, ImageReadSettings settings)
    {
        long bytes = (long)count * Channels * settings.Width * settings.Height;
        long limit = settings.MemoryLimitBytes ?? FreeMemory.Bytes() / 2;
        if (bytes <= limit)
            return new ResidentPixelStore(count, settings.Width, settings.Height);
        string folder = settings.Workspace ?? Path.GetTempPath();
        log.Info(MessageSensitivity.UserData,
            "The pictures take {0} as pixels, more than the memory limit of {1}; they go to a mapped file in {2}.", Size(bytes),
            Size(limit), folder);
        return new MappedPixelStore(count, settings.Width, settings.Height, folder);
    }

    /// <summary>Stores a picture; different rows may be written from different threads.</summary>
    public abstract void Write(int row, ReadOnlySpan<byte> pixels);

    /// <summary>Copies a picture to an earlier row.</summary>
    public abstract void Move(int from, int to);

    /// <summary>Turns the first <c>labels.Length</c> pictures into a data set, which owns them from here on.</summary>
    public abstract ImageDataset Complete(long[] labels, int classes, int missingLabels, int skippedImages);

    /// <summary>Frees what <see cref="Complete"/> did not hand on.</summary>
    public abstract void Dispose();

    private protected static string Size(long bytes)
        => bytes < 1L << 20 ? $"{bytes.ToString(CultureInfo.InvariantCulture)} bytes"
            : bytes < 1L << 30 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.#} GiB");
}
