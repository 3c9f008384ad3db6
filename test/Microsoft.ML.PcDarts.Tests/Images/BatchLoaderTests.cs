using Microsoft.ML.PcDarts.Images;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class BatchLoaderTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ImageDataset _data = new(randint(0, 256, [12, 3, 16, 16], ScalarType.Byte, generator: new Generator(1, CPU)),
        [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], 3);

    public void Dispose()
    {
        _data.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void LoadAugmented_SameDraw_IsTheSameBatchAtAnyTime()
    {
        using BatchLoader loader = Loader(ScalarType.Float32);
        Tensor first = loader.LoadAugmented([3, 5, 8], draw: 4, cutout: 6).Images;
        loader.LoadAugmented([1, 2], draw: 9);
        TensorAssert.Equal(first, loader.LoadAugmented([3, 5, 8], draw: 4, cutout: 6).Images);
        Assert.False(first.allclose(loader.LoadAugmented([3, 5, 8], draw: 5, cutout: 6).Images));
    }

    [Fact]
    public void Augmented_Stream_DependsOnStreamAndPlaceOnly()
    {
        using BatchLoader loader = Loader(ScalarType.Float32);
        long[][] rows = [[0, 1, 2], [3, 4, 5], [6, 7, 8]];
        Tensor[] whole = [.. loader.Augmented(rows, stream: 2).Select(batch => batch.Images)];
        Tensor[] again = [.. loader.Augmented(rows, stream: 2).Select(batch => batch.Images)];
        Tensor[] other = [.. loader.Augmented(rows, stream: 3).Select(batch => batch.Images)];
        for (int i = 0; i < rows.Length; i++)
        {
            TensorAssert.Equal(whole[i], again[i]);
            Assert.False(whole[i].allclose(other[i]));
        }
    }

    [Fact]
    public void LoadAugmented_AlternateFlips_ShowsEachSideInEveryOtherEpoch()
    {
        AugmentationSettings uncropped = Augmentation with { CropPadding = 0 };
        using BatchLoader loader = new(_data, [0.5f, 0.5f, 0.5f], [0.25f, 0.25f, 0.25f], uncropped, CPU, ScalarType.Float32, seed: 5);
        long[] rows = [.. Enumerable.Range(0, 12)];
        Tensor plain = loader.Load(rows).Images;
        Tensor[] epochs = [.. Enumerable.Range(0, 3).Select(epoch => loader.LoadAugmented(rows, draw: 7 + epoch, epoch: epoch).Images)];
        TensorAssert.Equal(epochs[0], epochs[2]);
        TensorAssert.Equal(epochs[0], epochs[1].flip(3));
        int mirrored = Enumerable.Range(0, 12).Count(row => plain[row].flip(2).equal(epochs[0][row]).all().item<bool>());
        Assert.Equal(12 - mirrored, Enumerable.Range(0, 12).Count(row => plain[row].equal(epochs[0][row]).all().item<bool>()));
        Assert.InRange(mirrored, 2, 10); // an even chance for each picture, the same in every run of the seed
        TensorAssert.Equal(epochs[1], loader.Augmented([rows], stream: 1).Single().Images);
    }

    [Fact]
    public void Augmented_Batches_CarryTheirLabelsAndLeakNothing()
    {
        using BatchLoader loader = Loader(ScalarType.Float32);
        foreach (LabeledBatch batch in loader.Augmented([[2, 3], [4]], stream: 0))
        {
            using (batch)
            {
                Assert.Equal(batch.Images.size(0) == 2 ? [2L, 0] : [1L], batch.Labels.data<long>().ToArray());
                Assert.Equal([batch.Labels.size(0), 3, 16, 16], batch.Images.shape);
            }
        }
    }

    [Fact]
    public void LoadAugmented_BFloat16_RoundsTheFloat32Batch()
    {
        using BatchLoader full = Loader(ScalarType.Float32), half = Loader(ScalarType.BFloat16);
        Tensor rounded = half.LoadAugmented([0, 7], draw: 1).Images;
        Assert.Equal(ScalarType.BFloat16, rounded.dtype);
        TensorAssert.Equal(full.LoadAugmented([0, 7], draw: 1).Images.to(ScalarType.BFloat16).to(ScalarType.Float32),
            rounded.to(ScalarType.Float32));
        Assert.Equal(ScalarType.Float32, half.Load([0, 7]).Images.dtype);
    }

    private static AugmentationSettings Augmentation => RunSettings.Of(PcDartsRecipe.Default()).Augmentation;

    private BatchLoader Loader(ScalarType type) => new(_data, [0.5f, 0.5f, 0.5f], [0.25f, 0.25f, 0.25f], Augmentation, CPU, type, seed: 1);
}
