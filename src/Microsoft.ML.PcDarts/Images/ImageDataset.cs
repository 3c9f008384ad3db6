using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>A labeled picture collection held as two tensors, in the row order of the data view it was read from.</summary>
internal sealed class ImageDataset : IDisposable
{
    private readonly Action? _release;
    private readonly long[] _labels;

    /// <param name="images">uint8 <c>[N, 3, H, W]</c>, RGB planes; owned by the data set from here on.</param>
    /// <param name="labels">0-based class of each picture.</param>
    /// <param name="classes">Number of classes that the label column declares; some may have no picture.</param>
    /// <param name="release">Runs after the tensors are disposed, to delete a mapped file.</param>
    public ImageDataset(Tensor images, long[] labels, int classes, Action? release = null)
    {
        Images = images.DetachFromDisposeScope();
        Labels = torch.tensor(labels, dtype: ScalarType.Int64).DetachFromDisposeScope();
        _labels = labels;
        _release = release;
        ClassCounts = new int[classes];
        foreach (long label in labels)
            ClassCounts[label]++;
        Height = (int)images.shape[2];
        Width = (int)images.shape[3];
    }

    /// <summary>uint8 <c>[N, 3, H, W]</c>: RGB planes, 0–255.</summary>
    public Tensor Images { get; private set; }

    /// <summary>int64 <c>[N]</c>: 0-based classes.</summary>
    public Tensor Labels { get; private set; }

    /// <summary>The same as <see cref="Labels"/>, on the managed side.</summary>
    public ReadOnlySpan<long> LabelValues => _labels;

    /// <summary>Number of pictures.</summary>
    public int Count => _labels.Length;

    /// <summary>Number of classes of the label column.</summary>
    public int Classes => ClassCounts.Length;

    /// <summary>Pictures of each class, <c>[Classes]</c>.</summary>
    public int[] ClassCounts { get; }

    /// <summary>Height of every picture in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of every picture in pixels.</summary>
    public int Width { get; }

    /// <summary>Rows left out for a missing label.</summary>
    public int MissingLabels { get; init; }

    /// <summary>Rows left out for an unreadable picture (only with <see cref="BadImageHandling.Skip"/>).</summary>
    public int SkippedImages { get; init; }

    /// <summary>True when the pixels live in a mapped file rather than in memory.</summary>
    public bool IsMapped => _release is not null;

    /// <summary>Picks rows on the data set's device.</summary>
    /// <param name="rows">int64 <c>[B]</c> row numbers, on any device.</param>
    /// <returns>uint8 <c>[B, 3, H, W]</c> and int64 <c>[B]</c>; the caller disposes both.</returns>
    public (Tensor Images, Tensor Labels) Batch(Tensor rows)
    {
        if (rows.device_type == Images.device_type)
            return (Images.index_select(0, rows), Labels.index_select(0, rows));
        using Tensor there = rows.to(Images.device, non_blocking: true); // a waiting copy would stall the steps already queued
        return (Images.index_select(0, there), Labels.index_select(0, there));
    }

    /// <summary>SHA-256 over sizes, labels and pixels in the order of the rows, in lower-case hexadecimal.</summary>
    public string Sha256()
    {
        const int Rows = 4096;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<long>([Count, Classes, Height, Width]));
        hash.AppendData(MemoryMarshal.AsBytes<long>(_labels));
        for (int first = 0; first < Count; first += Rows)
        {
            using Tensor part = Images.narrow(0, first, Math.Min(Rows, Count - first)).cpu();
            hash.AppendData(part.bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Moves both tensors to <paramref name="device"/> and frees the old ones. Batches come from there afterwards.</summary>
    /// <returns>This data set.</returns>
    public ImageDataset To(Device device)
    {
        if (device.type == Images.device_type && (device.index < 0 || device.index == Images.device_index))
            return this;
        Tensor images = Images.to(device).DetachFromDisposeScope();
        Tensor labels = Labels.to(device).DetachFromDisposeScope();
        Images.Dispose();
        Labels.Dispose();
        (Images, Labels) = (images, labels);
        return this;
    }

    /// <summary>Frees the tensors and deletes the mapped file, if there is one.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        _release?.Invoke();
    }
}
