using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.Transforms.Image;
using SkiaSharp;
using TorchSharp;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class ImageTensorReaderTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly PictureFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Pictures_EqualTheStockTransformersRowForRow()
    {
        IDataView view = ReaderFixture.View(_ml, ReaderFixture.TwoClasses(_folder, 10, 23, 19));
        using ImageDataset data = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { Width = 12, Height = 8 });
        Assert.Equal([20L, 3, 8, 12], data.Images.shape);
        Assert.Equal(torch.ScalarType.Byte, data.Images.dtype);

        IDataView pixels = _ml.Transforms.ResizeImages("r", 12, 8, "Image", ImageResizingEstimator.ResizingKind.Fill)
            .Append(_ml.Transforms.ExtractPixels("p", "r", orderOfExtraction: ImagePixelExtractingEstimator.ColorsOrder.ARGB))
            .Fit(view).Transform(view);
        float[][] expected = [.. pixels.GetColumn<float[]>("p")];
        for (int row = 0; row < 20; row++)
            Assert.Equal(expected[row], ReaderFixture.Bytes(data, row).Select(value => (float)value));
        Assert.Equal(view.GetColumn<uint>("Label").Select(key => (long)key - 1), data.LabelValues.ToArray());
        Assert.Equal(data.LabelValues.ToArray(), data.Labels.data<long>().ToArray());
        Assert.Equal([10, 10], data.ClassCounts);
    }

    [Fact]
    public void Read_AnyNumberOfThreads_GivesTheSameTensor()
    {
        IDataView view = ReaderFixture.View(_ml, ReaderFixture.TwoClasses(_folder, 9, extension: ".jpg"));
        using ImageDataset one = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { Threads = 1 });
        using ImageDataset five = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { Threads = 5 });
        TensorAssert.Equal(five.Images, one.Images);
    }

    [Fact]
    public void Read_Channels_AreRedGreenBluePlanes()
    {
        using ImageDataset data = ReadSolid(Pictures.Solid(9, 9, new SKColor(10, 20, 30)));
        Assert.Equal((10, 20, 30), Pixel(data));
    }

    [Fact]
    public void Read_GrayPicture_GivesThreeEqualChannels()
    {
        using ImageDataset data = ReadSolid(Pictures.Solid(9, 9, new SKColor(77, 77, 77), SKColorType.Gray8));
        Assert.Equal((77, 77, 77), Pixel(data));
    }

    [Fact]
    public void Read_HalfTransparentPicture_ComesOutOnBlack()
    {
        using ImageDataset data = ReadSolid(Pictures.Solid(9, 9, new SKColor(200, 100, 0, 128), alpha: SKAlphaType.Unpremul));
        (int red, int green, int blue) = Pixel(data);
        Assert.InRange(red, 99, 101);
        Assert.InRange(green, 49, 51);
        Assert.Equal(0, blue);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 300)]
    [InlineData(7, 5)]
    public void Read_OddSizes_AreStretched(int width, int height)
    {
        using ImageDataset data = ReadSolid(Pictures.Solid(width, height, new SKColor(9, 8, 7)));
        using torch.Tensor last = data.Images[0, torch.TensorIndex.Colon, 15, 15];
        Assert.Equal(new byte[] { 9, 8, 7 }, last.data<byte>().ToArray());
    }

    [Theory]
    [InlineData(DataKind.Byte)]
    [InlineData(DataKind.UInt16)]
    [InlineData(DataKind.UInt32)]
    [InlineData(DataKind.UInt64)]
    public void Read_EveryKeyType_GivesZeroBasedLabels(DataKind kind)
    {
        // ML.NET adds one to the number in the class: 0 is the first key value.
        IDataView keys = _ml.Data.LoadFromEnumerable(new[] { new MemoryRow { Label = 0 }, new MemoryRow { Label = 2 } });
        IDataView view = _ml.Transforms.Conversion.ConvertType("Label", outputKind: kind).Fit(keys).Transform(keys);
        using ImageDataset data = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { ForTraining = false });
        Assert.Equal([0L, 2], data.LabelValues.ToArray());
        Assert.Equal([1, 0, 1], data.ClassCounts);
    }

    [Fact]
    public void Read_PicturesInMemory_LeavesThemAlive()
    {
        MemoryRow[] rows = [.. Enumerable.Range(0, 6).Select(i => new MemoryRow { Label = (uint)(i % 2) })];
        IDataView view = _ml.Data.LoadFromEnumerable(rows);
        for (int pass = 0; pass < 2; pass++)
        {
            Assert.Equal((16, 16), ImageTensorReader.ChooseSize(view, "Image", 64));
            using ImageDataset data = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings);
            Assert.Equal(6, data.Count);
        }
        Assert.All(rows, row => Assert.Equal(16, row.Image.Width));
    }

    [Fact]
    public void Read_MissingLabels_AreLeftOutCountedAndWarnedOf()
    {
        List<string> warnings = ReaderFixture.CaptureWarnings(_ml);
        (string?, string?)[] rows = ReaderFixture.TwoClasses(_folder, 3);
        IDataView view = ReaderFixture.View(_ml, [(_folder.Picture("x.png"), null), .. rows, ("no such file", null)]);
        using ImageDataset data = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings);
        Assert.Equal((6, 2), (data.Count, data.MissingLabels));
        Assert.Contains("2 of 8 rows have no label", Assert.Single(warnings), StringComparison.Ordinal);
        using ImageDataset without = ImageTensorReader.Read(_ml, ReaderFixture.View(_ml, rows), ReaderFixture.Settings);
        TensorAssert.Equal(data.Images, without.Images);
    }

    [Fact]
    public void Read_Progress_EndsWithAllRows()
    {
        IDataView view = ReaderFixture.View(_ml, ReaderFixture.TwoClasses(_folder, 3));
        (int Done, int All) last = default;
        using ImageDataset data = ImageTensorReader.Read(_ml, view,
            ReaderFixture.Settings with { Progress = (done, all) => last = (done, all) });
        Assert.Equal((6, 6), last);
    }

    [Fact]
    public void Read_Cancelled_ThrowsAndLeavesNothing()
    {
        IDataView view = ReaderFixture.View(_ml, ReaderFixture.TwoClasses(_folder, 300, 8, 8));
        using CancellationTokenSource source = new();
        string workspace = Path.Combine(_folder.Path, "workspace");
        ImageReadSettings settings = ReaderFixture.Settings with
        {
            Cancellation = source.Token,
            Progress = (_, _) => source.Cancel(),
            MemoryLimitBytes = 0,
            Workspace = workspace,
        };
        Assert.ThrowsAny<OperationCanceledException>(() => ImageTensorReader.Read(_ml, view, settings));
        Assert.Empty(Directory.GetFiles(workspace));
    }

    [Fact]
    public void Read_ProgressCallbackThrows_PassesThatExceptionOn()
    {
        IDataView view = ReaderFixture.View(_ml, ReaderFixture.TwoClasses(_folder, 300, 8, 8));
        ImageReadSettings settings = ReaderFixture.Settings with
        {
            Progress = (_, _) =>
            throw new OperationCanceledException("by the caller")
        };
        OperationCanceledException error = Assert.ThrowsAny<OperationCanceledException>(() => ImageTensorReader.Read(_ml, view, settings));
        Assert.Equal("by the caller", error.Message);
    }

    [Fact]
    public void Read_AboveTheMemoryLimit_GivesTheSameFromAMappedFile()
    {
        IDataView view = ReaderFixture.View(_ml, ReaderFixture.TwoClasses(_folder, 5));
        string workspace = Path.Combine(_folder.Path, "workspace");
        using ImageDataset memory = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings);
        using (ImageDataset mapped = ImageTensorReader.Read(_ml, view,
            ReaderFixture.Settings with { MemoryLimitBytes = 7679, Workspace = workspace }))
        {
            Assert.Equal((true, false), (mapped.IsMapped, memory.IsMapped));
            TensorAssert.Equal(memory.Images, mapped.Images);
            using torch.Tensor rows = torch.tensor(new long[] { 7, 0 });
            (torch.Tensor images, torch.Tensor labels) = mapped.Batch(rows);
            using (images)
            using (labels)
            {
                Assert.Equal(ReaderFixture.Bytes(memory, 7), images.bytes[..768].ToArray());
                Assert.Equal([1L, 0], labels.data<long>().ToArray());
            }
        }
        Assert.Empty(Directory.GetFiles(workspace));
        using ImageDataset within = ImageTensorReader.Read(_ml, view,
            ReaderFixture.Settings with { MemoryLimitBytes = 7680, Workspace = workspace });
        Assert.False(within.IsMapped);
    }

    [Fact]
    public void Read_UnstableRowOrder_Throws()
    {
        int pass = 0;
        (string?, string?)[] rows = ReaderFixture.TwoClasses(_folder, 4);
        IEnumerable<ReaderFixture.PathRow> Changing()
            => rows.Take(8 - (pass++ % 2 == 0 ? 0 : 1)).Select(r => new ReaderFixture.PathRow { ImagePath = r.Item1!, Label = r.Item2! });
        ReaderFixture.PathRow[] known = [.. Changing()];
        pass = 0;
        IDataView view = _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.Transforms.LoadImages("Image", null, "ImagePath"))
            .Fit(_ml.Data.LoadFromEnumerable(known)).Transform(_ml.Data.LoadFromEnumerable(new Repeated<ReaderFixture.PathRow>(Changing)));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { Threads = 1 }));
        Assert.Contains("ml.Data.Cache", error.Message, StringComparison.Ordinal);
    }

    private ImageDataset ReadSolid(byte[] png)
    {
        string path = _folder.File("solid.png", png);
        IDataView view = ReaderFixture.View(_ml, (path, "a"), (path, "b"));
        return ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { ForTraining = false });
    }

    private static (int Red, int Green, int Blue) Pixel(ImageDataset data)
    {
        byte[] bytes = ReaderFixture.Bytes(data, 1);
        return (bytes[100], bytes[356], bytes[612]);
    }

    private sealed class Repeated<T>(Func<IEnumerable<T>> make) : IEnumerable<T>
    {
        public IEnumerator<T> GetEnumerator() => make().GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class MemoryRow
    {
        [ImageType(16, 16)]
        public MLImage Image { get; set; } = MLImage.CreateFromPixels(16, 16, MLPixelFormat.Bgra32, new byte[1024]);

        [KeyType(3)]
        public uint Label { get; set; }
    }
}
