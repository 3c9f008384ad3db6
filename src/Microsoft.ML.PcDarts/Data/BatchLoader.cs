using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Turns row numbers into normalised batches on the run's device, augmented or plain.</summary>
internal sealed class BatchLoader : IDisposable
{
    private readonly ImageDataset _data;
    private readonly Device _device;
    private readonly Generator _generator;
    private readonly Tensor _mean; // [3] float32
    private readonly Tensor _std; // [3] float32
    private readonly int _cropPadding;
    private readonly bool _flip;

    /// <param name="data">The pictures; not owned.</param>
    /// <param name="mean">Channel means in 0..1 scale, <c>[3]</c>.</param>
    /// <param name="std">Channel standard deviations in 0..1 scale, <c>[3]</c>.</param>
    /// <param name="options">Crop padding and flip.</param>
    /// <param name="device">Where batches are needed.</param>
    /// <param name="seed">Seed of the augmentation.</param>
    public BatchLoader(ImageDataset data, float[] mean, float[] std, PcDartsTrainer.Options options, Device device, int seed)
    {
        _data = data;
        _device = device;
        _generator = new Generator((ulong)seed);
        _mean = tensor(mean, device: device).DetachFromDisposeScope();
        _std = tensor(std, device: device).DetachFromDisposeScope();
        _cropPadding = options.CropPadding ?? Math.Min(data.Height, data.Width) / 8;
        _flip = options.HorizontalFlip;
    }

    /// <summary>A batch as it is scored later: normalised only.</summary>
    /// <param name="rows">int64 <c>[N]</c> row numbers.</param>
    /// <returns>float32 <c>[N, 3, H, W]</c> and int64 <c>[N]</c>.</returns>
    public (Tensor Images, Tensor Labels) Load(Tensor rows)
    {
        (Tensor images, Tensor labels) = Pick(rows);
        return (Augmentation.Normalize(images, _mean, _std), labels);
    }

    /// <summary>A batch to train on: cropped, flipped, normalised, cut out.</summary>
    /// <param name="rows">int64 <c>[N]</c> row numbers.</param>
    /// <param name="cutout">Side of the square that is blanked, in pixels; 0 for none.</param>
    /// <returns>float32 <c>[N, 3, H, W]</c> and int64 <c>[N]</c>.</returns>
    public (Tensor Images, Tensor Labels) LoadAugmented(Tensor rows, int cutout = 0)
    {
        (Tensor images, Tensor labels) = Pick(rows);
        return (Augmentation.Train(images, _mean, _std, _cropPadding, _flip, cutout, _generator), labels);
    }

    public void Dispose()
    {
        _mean.Dispose();
        _std.Dispose();
        _generator.Dispose();
    }

    private (Tensor Images, Tensor Labels) Pick(Tensor rows)
    {
        (Tensor images, Tensor labels) = _data.Batch(rows);
        return (images.to(_device), labels.to(_device));
    }
}
