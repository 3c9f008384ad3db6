using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Turns row numbers into normalized batches on the run's device, augmented or plain. Safe from several threads.</summary>
internal sealed class BatchLoader : IDisposable
{
    private readonly ImageDataset _data;
    private readonly Device _device;
    private readonly ScalarType _trainingType;
    private readonly int _seed;
    private readonly Tensor _mean; // [3] float32
    private readonly Tensor _std; // [3] float32
    private readonly int _cropPadding;
    private readonly bool _flip, _alternateFlips, _reflect;

    /// <param name="data">The pictures; not owned.</param>
    /// <param name="mean">Channel means in 0..1 scale, <c>[3]</c>.</param>
    /// <param name="std">Channel standard deviations in 0..1 scale, <c>[3]</c>.</param>
    /// <param name="augmentation">Crop padding and flips.</param>
    /// <param name="device">Where batches are needed.</param>
    /// <param name="trainingType">Type of augmented pictures.</param>
    /// <param name="seed">Seed of the augmentation.</param>
    public BatchLoader(
        ImageDataset data, float[] mean, float[] std, AugmentationSettings augmentation, Device device, ScalarType trainingType, int seed)
    {
        (_data, _device, _trainingType, _seed) = (data, device, trainingType, seed);
        _mean = tensor(mean, device: device).DetachFromDisposeScope();
        _std = tensor(std, device: device).DetachFromDisposeScope();
        _cropPadding = augmentation.CropPadding ?? Math.Min(data.Height, data.Width) / 8;
        _reflect = augmentation.CropPaddingMode == CropPaddingMode.Reflect;
        (_flip, _alternateFlips) = (augmentation.HorizontalFlip, augmentation.AlternateFlips);
    }

    /// <summary>A batch as it is scored later: normalized only.</summary>
    /// <param name="rows">Row numbers, <c>[N]</c>.</param>
    /// <returns>float32 <c>[N, 3, H, W]</c> and int64 <c>[N]</c>.</returns>
    public (Tensor Images, Tensor Labels) Load(long[] rows)
    {
        (Tensor images, Tensor labels) = Pick(rows);
        return (Augmentation.Normalize(images, _mean, _std), labels);
    }

    /// <summary>A batch to train on: cropped, flipped, normalized, cut out, in the type of the training.</summary>
    /// <param name="rows">Row numbers, <c>[N]</c>.</param>
    /// <param name="draw">Number of the random draw: the same rows and draw give the same batch at any time.</param>
    /// <param name="cutout">Side of the square that is blanked, in pixels; 0 for none.</param>
    /// <param name="epoch">Epoch, from 0, for flips that alternate; null for flips by chance.</param>
    /// <returns><c>[N, 3, H, W]</c> and int64 <c>[N]</c>.</returns>
    public (Tensor Images, Tensor Labels) LoadAugmented(long[] rows, int draw, int cutout = 0, int? epoch = null)
    {
        (Tensor images, Tensor labels) = Pick(rows);
        using var generator = new Generator((ulong)SeededShuffle.Mix(_seed, draw));
        return (Augmentation.Train(images, _mean, _std, _cropPadding, _flip, cutout, generator, _reflect, MirroredIn(epoch, rows))
            .to(_trainingType), labels);
    }

    /// <summary>Augmented batches in order; each is made on another thread while the caller uses the one before.</summary>
    /// <param name="batches">Row numbers of each batch.</param>
    /// <param name="stream">Which of the run's streams of batches this is: an epoch, or a negative number for one without epochs. Its
    /// random draws follow from this number and the batch's place in the stream.</param>
    /// <param name="cutout">Side of the square that is blanked, in pixels; 0 for none.</param>
    /// <param name="firstPlace">Place of the first batch in the stream, when a run is resumed.</param>
    /// <returns>Batches; the caller disposes each.</returns>
    public IEnumerable<LabeledBatch> Augmented(IEnumerable<long[]> batches, int stream, int cutout = 0, int firstPlace = 0)
        => ReadAhead.Of(batches.Select<long[], Func<LabeledBatch>>((rows, place) => () =>
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor images, Tensor labels) = LoadAugmented(rows, SeededShuffle.Mix(stream, firstPlace + place), cutout,
                stream >= 0 ? stream : null);
            return new LabeledBatch(images.DetachFromDisposeScope(), labels.DetachFromDisposeScope());
        }));

    public void Dispose()
    {
        _mean.Dispose();
        _std.Dispose();
    }

    /// <summary>
    /// bool <c>[N]</c>: whether a picture is mirrored in an epoch, which it is in every other; null where chance decides.
    /// </summary>
    private Tensor? MirroredIn(int? epoch, long[] rows) => _flip && _alternateFlips && epoch is { } number
        ? tensor([.. rows.Select(row => ((SeededShuffle.Mix(_seed, (int)row) ^ number) & 1) == 1)]).to(_device, non_blocking: true)
        : null;

    private (Tensor Images, Tensor Labels) Pick(long[] rows)
    {
        using Tensor numbers = tensor(rows);
        (Tensor images, Tensor labels) = _data.Batch(numbers);
        return (images.to(_device, non_blocking: true), labels.to(_device, non_blocking: true));
    }
}
