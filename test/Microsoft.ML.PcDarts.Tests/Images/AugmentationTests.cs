using CsCheck;
using Microsoft.ML.PcDarts.Images;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class AugmentationTests
{
    private static readonly Gen<(int N, int H, int W, ulong Seed)> Shapes =
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 12], Gen.Int[1, 12], Gen.ULong[0, int.MaxValue]);

    [Fact]
    public void Cutout_AnyShape_ErasesOneClippedSquareOnly()
        => Gen.Select(Shapes, Gen.Int[2, 16]).Sample((shape, length) =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor images = ones(shape.N, 3, shape.H, shape.W) * 2;
            Tensor result = Augmentation.Cutout(images, length, new Generator(shape.Seed, CPU));
            Assert.True((images == 2).all().item<bool>());
            int half = length / 2;
            for (int n = 0; n < shape.N; n++)
            {
                bool[] rows = result[n].eq(0).any(2).any(0).data<bool>().ToArray();
                bool[] columns = result[n].eq(0).any(1).any(0).data<bool>().ToArray();
                Assert.InRange(Run(rows), Math.Min(half, shape.H), Math.Min(length, shape.H));
                Assert.InRange(Run(columns), Math.Min(half, shape.W), Math.Min(length, shape.W));
                long erased = result[n].eq(0).sum().item<long>();
                Assert.Equal(3 * Run(rows) * Run(columns), erased);
                Assert.Equal((3 * shape.H * shape.W) - erased, result[n].eq(2).sum().item<long>());
            }
        }, iter: 50);

    [Fact]
    public void Cutout_ManySamples_CentresReachEveryPixel()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor result = Augmentation.Cutout(ones(2000, 1, 6, 6), 2, new Generator(1, CPU));
        Assert.True(result.eq(0).any(0).all().item<bool>());
    }

    [Fact]
    public void Flip_Twice_IsIdentity()
        => Shapes.Sample(shape =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor images = Noise(shape.N, shape.H, shape.W, shape.Seed);
            Tensor chosen = randint(0, 2, [shape.N], ScalarType.Int64, generator: new Generator(shape.Seed, CPU)).to(ScalarType.Bool);
            Tensor once = Augmentation.Flip(images, chosen);
            TensorAssert.Equal(images, Augmentation.Flip(once, chosen));
            for (int n = 0; n < shape.N; n++)
                TensorAssert.Equal(chosen[n].item<bool>() ? images[n].flip(2) : images[n], once[n]);
        }, iter: 50);

    [Fact]
    public void HorizontalFlip_ManySamples_FlipsAboutHalf()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = arange(2).view(1, 1, 1, 2).expand(1000, 1, 1, 2);
        long flipped = Augmentation.HorizontalFlip(images, new Generator(3, CPU)).select(3, 0).sum().item<long>();
        Assert.InRange(flipped, 440, 560);
    }

    [Fact]
    public void Crop_AnyOffset_TakesPixelsFromTheirOriginOrBlack()
        => Gen.Select(Shapes, Gen.Int[0, 4]).Sample((shape, padding) =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor images = Noise(shape.N, shape.H, shape.W, shape.Seed);
            Generator generator = new(shape.Seed, CPU);
            Tensor offsets = randint(0, (2 * padding) + 1, [2, shape.N], ScalarType.Int64, generator: generator);
            Tensor result = Augmentation.Crop(images, padding, offsets[0], offsets[1]);
            Assert.Equal(ScalarType.Byte, result.dtype);
            for (int n = 0; n < shape.N; n++)
            {
                for (int y = 0; y < shape.H; y++)
                {
                    for (int x = 0; x < shape.W; x++)
                    {
                        long fromY = y + offsets[0, n].item<long>() - padding;
                        long fromX = x + offsets[1, n].item<long>() - padding;
                        bool inside = fromY >= 0 && fromY < shape.H && fromX >= 0 && fromX < shape.W;
                        Assert.Equal(inside ? images[n, 1, fromY, fromX].item<byte>() : 0, result[n, 1, y, x].item<byte>());
                    }
                }
            }
        }, iter: 20);

    [Fact]
    public void Crop_Reflected_TakesPixelsOfTorchsPadding()
        => Gen.Select(Shapes, Gen.Int[0, 4]).Where((shape, padding) => padding < Math.Min(shape.H, shape.W)).Sample((shape, padding) =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor images = Noise(shape.N, shape.H, shape.W, shape.Seed);
            Tensor offsets = randint(0, (2 * padding) + 1, [2, shape.N], ScalarType.Int64, generator: new Generator(shape.Seed, CPU));
            Tensor padded = nn.functional.pad(images.to(ScalarType.Float32), [padding, padding, padding, padding], PaddingModes.Reflect)
                .to(ScalarType.Byte);
            Tensor result = Augmentation.Crop(images, padding, offsets[0], offsets[1], reflect: true);
            for (int n = 0; n < shape.N; n++)
                TensorAssert.Equal(padded[n].narrow(1, offsets[0, n].item<long>(), shape.H)
                    .narrow(2, offsets[1, n].item<long>(), shape.W), result[n]);
        }, iter: 50);

    [Fact]
    public void RandomCrop_ManySamples_UsesEveryOffsetAndNoOther()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = (arange(1, 26, ScalarType.Byte).view(1, 1, 5, 5)).expand(2000, 1, 5, 5);
        // The center pixel tells the offset: value v came from row (v−1)/5, column (v−1)%5, and is inside for every offset up to 2.
        byte[] centres = Augmentation.RandomCrop(images, 2, new Generator(5, CPU))[TensorIndex.Colon, 0, 2, 2].contiguous()
            .data<byte>().ToArray();
        Assert.Equal(Enumerable.Range(1, 25).Select(v => (byte)v), centres.Distinct().Order());
    }

    [Fact]
    public void Normalize_Bytes_SubtractsTheMeanAndDividesByTheDeviation()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = torch.tensor(new byte[] { 0, 51, 255 }).view(1, 3, 1, 1);
        float[] result = [.. Augmentation.Normalize(images, torch.tensor(new[] { 0.5f, 0.2f, 0.4f }),
            torch.tensor(new[] { 0.25f, 0.5f, 0.3f })).data<float>()];
        Assert.Equal([-2f, 0f, 2f], result, (a, b) => Math.Abs(a - b) < 1e-5f);
    }

    [Fact]
    public void Train_EqualsTheStepsInThePapersOrder()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Noise(16, 8, 8, 1);
        Tensor mean = torch.tensor(new[] { 0.4f, 0.5f, 0.6f });
        Tensor std = torch.tensor(new[] { 0.2f, 0.25f, 0.3f });
        Generator generator = new(9, CPU);
        Tensor expected = Augmentation.RandomCrop(images, 2, generator);
        expected = Augmentation.HorizontalFlip(expected, generator);
        expected = Augmentation.Cutout(Augmentation.Normalize(expected, mean, std), 4, generator);
        TensorAssert.Equal(expected, Augmentation.Train(images, mean, std, 2, flip: true, cutout: 4, new Generator(9, CPU)));
    }

    [Fact]
    public void Train_EverythingOff_OnlyNormalizes()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Noise(4, 8, 8, 1);
        Tensor mean = zeros(3);
        Tensor std = ones(3);
        Tensor result = Augmentation.Train(images, mean, std, 0, flip: false, cutout: 0, new Generator(9, CPU));
        TensorAssert.Equal(images, result.mul(255).round().to(ScalarType.Byte));
    }

    private static Tensor Noise(int n, int h, int w, ulong seed)
        => randint(0, 256, [n, 3, h, w], ScalarType.Byte, generator: new Generator(seed, CPU));

    // Length of the only run of true values; fails if there is a gap.
    private static int Run(bool[] values)
    {
        int first = Array.IndexOf(values, true);
        int last = Array.LastIndexOf(values, true);
        Assert.True(first >= 0);
        Assert.All(values[first..(last + 1)], Assert.True);
        return last - first + 1;
    }
}
