using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Pictures written straight into the memory of the tensor they become.</summary>
internal sealed unsafe class ResidentPixelStore : PixelStore
{
    private readonly byte* _start;
    private Tensor? _images;

    public ResidentPixelStore(int count, int width, int height)
        : base(count, width, height)
    {
        _images = torch.empty([count, Channels, height, width], ScalarType.Byte).DetachFromDisposeScope();
        // A span is limited to 2 GiB, the tensor is not: only its address is taken from one.
        using Tensor first = _images.narrow(0, 0, 1);
        fixed (byte* start = first.bytes)
            _start = start;
    }

    public override void Write(int row, ReadOnlySpan<byte> pixels) => pixels.CopyTo(Row(row));

    public override void Move(int from, int to) => Row(from).CopyTo(Row(to));

    public override ImageDataset Complete(long[] labels, int classes, int missingLabels, int skippedImages)
    {
        Tensor images = _images!;
        _images = null;
        if (labels.Length < Count)
        {
            Tensor kept = images.narrow(0, 0, labels.Length);
            images.Dispose();
            images = kept;
        }
        return new ImageDataset(images, labels, classes) { MissingLabels = missingLabels, SkippedImages = skippedImages };
    }

    public override void Dispose() => _images?.Dispose();

    private Span<byte> Row(int row) => new(_start + ((long)row * RowBytes), RowBytes);
}
