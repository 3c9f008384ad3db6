using Microsoft.ML.PcDarts.Images;
using SkiaSharp;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class ImageTensorReaderBadInputTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly PictureFolder _folder = new();

    public static TheoryData<string, string> BadFiles { get; } = new()
    {
        { "empty.jpg", "is empty (0 bytes)" },
        { "garbage.png", "cannot be decoded: it is a file of zeros" },
        { "header.jpg", "cannot be decoded: it begins like a JPEG picture and is cut short or damaged" },
        { "tail.jpg", "cut short" },
        { "end.jpg", "cut short" },
        { "half.png", "cut short" },
        { "half.webp", "cut short" },
        { "absent.jpg", "does not exist" },
        { "dot.png", "is 1×1 pixels" },
        { "lfs.jpg", "it is a Git LFS pointer instead of the picture; run 'git lfs pull'" },
        { "bomb.png", "is of 30,000×30,000 pixels, 900,000,000 in all, and MaximumPixels allows 250,000,000" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void Read_BadPicture_NamesFileRowAndRemedy(string name, string reason)
    {
        string bad = MakeBad(name);
        (string?, string?)[] rows = ReaderFixture.TwoClasses(_folder, 3);
        IDataView view = ReaderFixture.View(_ml, [.. rows, (bad, "odd")]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => ImageTensorReader.Read(_ml, view, ReaderFixture.Settings));
        Assert.Contains($"row 6 ({bad})", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("BadImageHandling.Skip", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void Read_BadPictureWithSkip_LeavesOnlyItOut(string name, string reason)
    {
        List<string> warnings = ReaderFixture.CaptureWarnings(_ml);
        (string?, string?)[] rows = ReaderFixture.TwoClasses(_folder, 4);
        IDataView view = ReaderFixture.View(_ml, [.. rows[..3], (MakeBad(name), "odd"), .. rows[3..]]);
        using ImageDataset data = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { BadImages = BadImageHandling.Skip });
        using ImageDataset expected = ImageTensorReader.Read(_ml, ReaderFixture.View(_ml, rows), ReaderFixture.Settings);
        Assert.Equal((8, 1), (data.Count, data.SkippedImages));
        TensorAssert.Equal(expected.Images, data.Images);
        Assert.Equal(expected.LabelValues.ToArray(), data.LabelValues.ToArray());
        Assert.Contains(name, Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Contains(reason, warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SkipIntoAMappedFile_LeavesOnlyTheBadOut()
    {
        (string?, string?)[] rows = ReaderFixture.TwoClasses(_folder, 4);
        IDataView view = ReaderFixture.View(_ml, [(MakeBad("garbage.png"), "odd"), .. rows]);
        ImageReadSettings settings = ReaderFixture.Settings with
        {
            BadImages = BadImageHandling.Skip,
            MemoryLimitBytes = 0,
            Workspace = Path.Combine(_folder.Path, "w"),
        };
        using ImageDataset data = ImageTensorReader.Read(_ml, view, settings);
        using ImageDataset expected = ImageTensorReader.Read(_ml, ReaderFixture.View(_ml, rows), ReaderFixture.Settings);
        TensorAssert.Equal(expected.Images, data.Images);
    }

    [Fact]
    public void Read_SeveralBadPictures_ListsThemAndCountsAll()
    {
        (string?, string?)[] rows = ReaderFixture.TwoClasses(_folder, 3);
        (string?, string?)[] absent = [.. Enumerable.Range(0, 10)
            .Select(i => ((string?)Path.Combine(_folder.Path, $"absent{i}.jpg"), (string?)"odd"))];
        IDataView view = ReaderFixture.View(_ml,
            [.. rows, (MakeBad("empty.jpg"), "odd"), (MakeBad("garbage.png"), "odd"), (MakeBad("tail.jpg"), "odd"), .. absent]);
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { Threads = 4 }));
        Assert.StartsWith("13 of 19 pictures cannot be read: row 6 (", error.Message, StringComparison.Ordinal);
        Assert.Contains("; row 8 (", error.Message, StringComparison.Ordinal);
        Assert.Contains("absent6.jpg) does not exist; and 3 more.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LoaderWithAFolder_ChecksTheFilesInIt()
    {
        (string?, string?)[] rows = [.. ReaderFixture.TwoClasses(_folder, 3)
            .Select(row => ((string?)Path.GetFileName(row.Item1), row.Item2))];
        _ = MakeBad("bomb.png");
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => ImageTensorReader.Read(_ml, ReaderFixture.View(_ml, _folder.Path, [.. rows, ("bomb.png", "odd")]),
                ReaderFixture.Settings));
        Assert.Contains("row 6 (bomb.png) is of 30,000×30,000 pixels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OtherOutputThanTheLoaders_ChecksTheFilesThatTheTextNames()
    {
        IDataView view = ReaderFixture.View(_ml, [.. ReaderFixture.TwoClasses(_folder, 3), (MakeBad("bomb.png"), "odd")]);
        view = _ml.Transforms.ConvertToGrayscale("Gray", "Image").Fit(view).Transform(view);
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { ImageColumn = "Gray" }));
        Assert.Contains("MaximumPixels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChooseSize_PictureBeyondTheLimit_IsNeitherDecodedNorCounted()
    {
        IDataView view = ReaderFixture.View(_ml, [.. ReaderFixture.TwoClasses(_folder, 3, 40, 24), (MakeBad("bomb.png"), "odd")]);
        Assert.Equal((40, 24), ImageTensorReader.ChooseSize(view, "Image", 64));
    }

    [SkippableFact]
    public void Read_NamedPipe_IsABadPictureAndNotOpened()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Pipes lie in folders on Unix, and are told by statx on Linux.");
        string pipe = Path.Combine(_folder.Path, "cam.jpg");
        Shell.Run("mkfifo \"$0\"", pipe);
        IDataView view = ReaderFixture.View(_ml, [.. ReaderFixture.TwoClasses(_folder, 3), (pipe, "odd")]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => ImageTensorReader.Read(_ml, view, ReaderFixture.Settings));
        Assert.Contains($"row 6 ({pipe}) is a named pipe", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TurnedPictures_AreCountedInAWarning()
    {
        List<string> warnings = ReaderFixture.CaptureWarnings(_ml);
        string turned = _folder.File("turned.jpg", Pictures.WithOrientation(Pictures.Noise(16, 16, 1, SKEncodedImageFormat.Jpeg), 6));
        string upright = _folder.File("upright.jpg", Pictures.WithOrientation(Pictures.Noise(16, 16, 1, SKEncodedImageFormat.Jpeg), 1));
        IDataView view = ReaderFixture.View(_ml, [.. ReaderFixture.TwoClasses(_folder, 3), (turned, "odd"), (upright, "odd")]);
        using ImageDataset data = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings);
        Assert.Equal(8, data.Count);
        Assert.StartsWith("1 of 8 pictures say by their EXIF orientation", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Contains(turned, warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NullImage_IsABadPicture()
    {
        IDataView view = ReaderFixture.View(_ml, [.. ReaderFixture.TwoClasses(_folder, 3), ("", "odd")]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => ImageTensorReader.Read(_ml, view, ReaderFixture.Settings));
        Assert.Contains("row 6 is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BytesAfterTheEnd_AreNoDamage()
    {
        string jpeg = _folder.File("more.jpg", [.. Pictures.Noise(16, 16, 1, SKEncodedImageFormat.Jpeg), 1, 2, 3, 4]);
        IDataView view = ReaderFixture.View(_ml, [.. ReaderFixture.TwoClasses(_folder, 3), (jpeg, "odd")]);
        using ImageDataset data = ImageTensorReader.Read(_ml, view, ReaderFixture.Settings);
        Assert.Equal(7, data.Count);
    }

    [Fact]
    public void Read_NoRows_Throws()
        => AssertRejected("no rows to train on (2 rows without a label were left out)", ("x", null), ("y", null));

    [Fact]
    public void Read_OneClass_NamesIt()
        => AssertRejected("All 2 rows have the label 'cat' in column 'Label'", ("x", "cat"), ("y", "cat"));

    [Fact]
    public void Read_ClassWithOnePicture_NamesIt()
        => AssertRejected("Class 'dog' of column 'Label' has one picture", ("x", "cat"), ("y", "cat"), ("z", "dog"));

    [Fact]
    public void Read_TooSmall_Throws()
    {
        IDataView view = ReaderFixture.View(_ml, ReaderFixture.TwoClasses(_folder, 2));
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { Width = 4 }));
        Assert.Contains("4×16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WorkspaceIsAFile_ThrowsAndLeavesNothing()
    {
        string file = _folder.File("occupied", [1]);
        IDataView view = ReaderFixture.View(_ml, ReaderFixture.TwoClasses(_folder, 2));
        IOException error = Assert.Throws<IOException>(
            () => ImageTensorReader.Read(_ml, view, ReaderFixture.Settings with { MemoryLimitBytes = 0, Workspace = file }));
        Assert.Contains($"workspace '{file}'", error.Message, StringComparison.Ordinal);
        Assert.Equal([1], File.ReadAllBytes(file));
    }

    // The pictures do not exist: the classes are judged before any is opened.
    private void AssertRejected(string message, params (string? Path, string? Label)[] rows)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => ImageTensorReader.Read(_ml, ReaderFixture.View(_ml, rows), ReaderFixture.Settings));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private string MakeBad(string name)
    {
        byte[] whole = Pictures.Noise(40, 30, 5, Pictures.FormatOf(name));
        return Path.GetFileNameWithoutExtension(name) switch
        {
            "empty" => _folder.File(name, []),
            "garbage" => _folder.File(name, new byte[500]),
            "header" => _folder.File(name, whole[..100]),
            "tail" => _folder.File(name, whole[..(whole.Length * 9 / 10)]),
            "end" => _folder.File(name, whole[..^2]),
            "dot" => _folder.File(name, Pictures.Noise(1, 1, 5, SKEncodedImageFormat.Png)),
            "lfs" => _folder.File(name, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"u8.ToArray()),
            "bomb" => _folder.File(name, Pictures.PngHeader(30_000, 30_000)),
            "half" => _folder.File(name, whole[..(whole.Length / 2)]),
            _ => Path.Combine(_folder.Path, name),
        };
    }
}
