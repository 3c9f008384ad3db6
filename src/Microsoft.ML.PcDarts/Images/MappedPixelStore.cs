using System.Buffers;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>
/// Pictures written to a file that is mapped once it is complete. The space is reserved at the start, so that a full disk is an error then
/// and not a crash later. Where the system allows it (not on Windows) the file's name is gone as soon as it is mapped.
/// </summary>
internal sealed class MappedPixelStore : PixelStore
{
    private readonly string _path;
    private SafeFileHandle? _file;

    /// <exception cref="IOException">The folder cannot be written or has no room.</exception>
    public MappedPixelStore(int count, int width, int height, string folder)
        : base(count, width, height)
    {
        long bytes = (long)count * RowBytes;
        _path = Path.Combine(Path.GetFullPath(folder), $"pixels-{Guid.NewGuid():N}.tmp");
        bool created = false;
        try
        {
            Directory.CreateDirectory(folder);
            _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete,
                preallocationSize: bytes);
            created = true;
            RandomAccess.SetLength(_file, bytes);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            if (created)
                Dispose();
            throw new IOException(
                $"The pictures take {Size(bytes)} as pixels, more than the memory limit, and the workspace '{folder}' cannot hold "
                    + $"them: {cause.Message} "
                + "Choose another workspace, raise the memory limit, or use a smaller picture size.",
                cause);
        }
    }

    public override void Write(int row, ReadOnlySpan<byte> pixels) => RandomAccess.Write(_file!, pixels, (long)row * RowBytes);

    public override void Move(int from, int to)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(RowBytes);
        RandomAccess.Read(_file!, buffer.AsSpan(0, RowBytes), (long)from * RowBytes);
        Write(to, buffer.AsSpan(0, RowBytes));
        ArrayPool<byte>.Shared.Return(buffer);
    }

    public override ImageDataset Complete(long[] labels, int classes, int missingLabels, int skippedImages)
    {
        _file!.Dispose();
        Tensor images;
        using (Tensor flat = torch.from_file(_path, shared: false, size: (long)labels.Length * RowBytes, dtype: ScalarType.Byte))
            images = flat.view(labels.Length, Channels, Height, Width);
        _file = null;
        if (!OperatingSystem.IsWindows())
            File.Delete(_path);
        string path = _path;
        return new ImageDataset(images, labels, classes, () => File.Delete(path))
        {
            MissingLabels = missingLabels,
            SkippedImages = skippedImages,
        };
    }

    public override void Dispose()
    {
        if (_file is null)
            return;
        _file.Dispose();
        _file = null;
        File.Delete(_path);
    }
}
