using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Tests.Images;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class PcDartsDataCatalogTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void LoadImageFolder_NestedFolders_ListsAllInOrdinalOrder()
    {
        using PictureFolder folder = new();
        folder.File("b/2.PNG", [1]);
        folder.File("b/deep/er/1.jpeg", [1]);
        folder.File("b/10.jpg", [1]);
        folder.File("B/x.webp", [1]);
        folder.File("a/y.bmp", [1]);
        folder.File("a/z.gif", [1]);
        IDataView data = _ml.Data.LoadImageFolder(folder.Path);
        Assert.Equal(["ImagePath", "Label"], data.Schema.Select(column => column.Name));
        Assert.Equal(["B", "a", "a", "b", "b", "b"], data.GetColumn<string>("Label"));
        string[] expected = ["B/x.webp", "a/y.bmp", "a/z.gif", "b/10.jpg", "b/2.PNG", "b/deep/er/1.jpeg"];
        Assert.Equal(expected.Select(name => Path.Combine([folder.Path, .. name.Split('/')])), data.GetColumn<string>("ImagePath"));
    }

    [Fact]
    public void LoadImageFolder_HiddenAndOtherFiles_AreLeftOutAndCounted()
    {
        using PictureFolder folder = new();
        folder.File("a/1.png", [1]);
        folder.File("a/notes.txt", [1]);
        folder.File("a/.2.png", [1]);
        folder.File(".hidden/3.png", [1]);
        folder.File("stray.png", [1]);
        ImageFolder found = ImageFolder.Scan(folder.Path);
        Assert.Equal("a", Assert.Single(found.Files).Label);
        Assert.Equal((2, 1, 1), (found.Hidden, found.OtherFiles, found.WithoutClass));

        List<string> warnings = ReaderFixture.CaptureWarnings(_ml);
        _ = _ml.Data.LoadImageFolder(folder.Path);
        Assert.Contains("Left out: 1 picture in ", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void LoadImageFolder_LogsTheCountsThroughTheContext()
    {
        using PictureFolder folder = new();
        folder.File("a/1.png", [1]);
        folder.File("a/notes.txt", [1]);
        List<string> messages = [];
        _ml.Log += (_, e) => messages.Add(e.RawMessage);
        _ = _ml.Data.LoadImageFolder(folder.Path);
        Assert.Contains(messages, message => message.Contains("1 files that are no pictures", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void LoadImageFolder_LoopOfLinks_ListsEachPictureOnce()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making a link needs a privilege on Windows.");
        using PictureFolder folder = new();
        folder.File("a/in/1.png", [1]);
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "a", "in", "loop"), Path.Combine(folder.Path, "a"));
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "a", "twice"), "in");
        Assert.Single(ImageFolder.Scan(folder.Path).Files);
    }

    [SkippableFact]
    public void LoadImageFolder_LinkedClass_IsFollowed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making a link needs a privilege on Windows.");
        using PictureFolder folder = new();
        folder.File("store/1.png", [1]);
        string root = Directory.CreateDirectory(Path.Combine(folder.Path, "root")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(root, "a"), Path.Combine(folder.Path, "store"));
        Assert.Equal(Path.Combine(root, "a", "1.png"), Assert.Single(ImageFolder.Scan(root).Files).ImagePath);
    }

    [Fact]
    public void LoadImageFolder_MissingFolder_Throws()
    {
        DirectoryNotFoundException error = Assert.Throws<DirectoryNotFoundException>(() => _ml.Data.LoadImageFolder("/no/such/folder"));
        Assert.Contains("such", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadImageFolder_NoClasses_Throws()
    {
        using PictureFolder folder = new();
        folder.File("1.png", [1]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => _ml.Data.LoadImageFolder(folder.Path));
        Assert.Contains("no sub-folders (1 pictures lie in it directly)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadImageFolder_NoPictures_Throws()
    {
        using PictureFolder folder = new();
        folder.File("a/readme.md", [1]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => _ml.Data.LoadImageFolder(folder.Path));
        Assert.Contains("hold no pictures (1 other", error.Message, StringComparison.Ordinal);
    }
}
