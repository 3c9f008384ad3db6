using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Tests.Images;

/// <summary>The listings of <c>LoadImageFolder</c> and <see cref="PcDartsPictureFiles"/>, and their warnings.</summary>
public sealed class PictureListingTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly PictureFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LoadImageFolder_EveryExtensionOfPictures_IsListed()
    {
        foreach (string extension in PcDartsPictureFiles.Extensions)
            _folder.File($"a/1{extension.ToUpperInvariant()}", [1]);
        Assert.Equal(8, ImageFolder.Scan(_folder.Path).Files.Count);
        Assert.Equal([".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".webp"], PcDartsPictureFiles.Extensions);
    }

    [Fact]
    public void LoadImageFolder_OtherFormatsInAClassThatKeepsSome_AreAWarning()
    {
        for (int i = 0; i < 2; i++)
        {
            _folder.File($"roses/{i}.jpg", [1]);
            _folder.File($"roses/{i}.tiff", [1]);
            _folder.File($"tulips/{i}.jpg", [1]);
        }
        for (int i = 0; i < 4; i++)
            _folder.File($"roses/{i}.HEIC", [1]);
        string warning = Assert.Single(Warnings());
        Assert.StartsWith("Left out: 6 files of other formats than .bmp, .gif, .jfif, .jpe, .jpeg, .jpg, .png or .webp: ", warning,
            StringComparison.Ordinal);
        Assert.Contains("roses 4 .heic, 2 .tiff (2 kept).", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("tulips", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadImageFolder_JunkOfSystems_IsNoClassAndNoWarning()
    {
        foreach (string name in (string[])["a/1.jpg", "b/1.jpg"])
            _folder.File(name, [1]);
        foreach (string junk in (string[])["Thumbs.db", "desktop.ini", ".DS_Store", "._1.jpg", "2.jpg.part", "notes.txt",
            "@eaDir/SYNOPHOTO_THUMB_M.jpg"])
            _folder.File($"a/{junk}", [1]);
        foreach (string name in (string[])["@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__MACOSX",
            ".ipynb_checkpoints", ".git"])
            _folder.File($"{name}/x.jpg", [1]);
        Assert.Empty(Warnings());
        Assert.Equal(["a", "b"], ImageFolder.Scan(_folder.Path).Files.Select(file => file.Label));
    }

    [SkippableFact]
    public void LoadImageFolder_PipeAndDevice_AreNamedAndNotListed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Pipes and devices lie in folders on Unix, and are told by statx on Linux.");
        _folder.File("a/1.jpg", [1]);
        Shell.Run("mkfifo \"$0/a/cam.jpg\" && ln -s /dev/zero \"$0/a/zero.png\"", _folder.Path);
        string warning = Assert.Single(Warnings());
        Assert.Contains("Left out: 2 entries other than regular files", warning, StringComparison.Ordinal);
        Assert.Contains("cam.jpg is a named pipe", warning, StringComparison.Ordinal);
        Assert.Contains("zero.png is a device", warning, StringComparison.Ordinal);
        Assert.Single(ImageFolder.Scan(_folder.Path).Files);
    }

    [SkippableFact]
    public void LoadImageFolder_LinkToAFolderAroundIt_DoesNotBringInOtherClasses()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making a link needs a privilege on Windows.");
        _folder.File("daisy/1.jpg", [1]);
        _folder.File("roses/2.jpg", [1]);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "daisy", "loop"), "..");
        Assert.Equal(["daisy/1.jpg", "roses/2.jpg"],
            ImageFolder.Scan(_folder.Path).Files.Select(file => Path.GetRelativePath(_folder.Path, file.ImagePath)));
        Assert.Equal(2, PcDartsPictureFiles.Find(_folder.Path).Paths.Count);
    }

    [SkippableFact]
    public void LoadImageFolder_DeadLinks_AreNamed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making a link needs a privilege on Windows.");
        _folder.File("a/1.jpg", [1]);
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "a", "2.jpg"), "missing.jpg");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "b"), "/no/such/folder");
        Assert.Equal($"Left out: 1 link to what does not exist: {Path.Combine(_folder.Path, "b")}.", Assert.Single(Warnings()));
        // A picture that is a dead link stays, so that reading it says what is missing.
        Assert.Equal(2, ImageFolder.Scan(_folder.Path).Files.Count);
    }

    [SkippableFact]
    public void LoadImageFolder_NamesThatAreNotUtf8_AreNamed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Other systems have no such names.");
        _folder.File("a/1.jpg", [1]);
        Shell.Run("touch \"$0/a/$(printf 'caf\\351.jpg')\"", _folder.Path);
        string warning = Assert.Single(Warnings());
        Assert.Contains("Left out: 1 file with names outside UTF-8", warning, StringComparison.Ordinal);
        Assert.Contains(@"caf\uFFFD.jpg", warning, StringComparison.Ordinal);
        Assert.Contains("convmv", warning, StringComparison.Ordinal);

        Shell.Run("mkdir \"$0/$(printf 'caf\\351')\"", _folder.Path);
        ArgumentException error = Assert.Throws<ArgumentException>(() => ImageFolder.Scan(_folder.Path));
        Assert.Contains(@"'caf\uFFFD'", error.Message, StringComparison.Ordinal);
        Assert.Contains("convmv", error.Message, StringComparison.Ordinal);
        // .NET cannot delete them either.
        Shell.Run("rm -r \"$0\"/caf* \"$0\"/a/caf*", _folder.Path);
    }

    [Theory]
    [InlineData("train,test")]
    [InlineData("Training,Validation")]
    [InlineData("val,test_set,train")]
    public void LoadImageFolder_ALevelTooHigh_NamesTheFolderBelow(string parts)
    {
        foreach (string part in parts.Split(','))
        {
            _folder.File($"{part}/daisy/1.jpg", [1]);
            _folder.File($"{part}/roses/1.jpg", [1]);
        }
        ArgumentException error = Assert.Throws<ArgumentException>(() => _ml.Data.LoadImageFolder(_folder.Path));
        string train = parts.Split(',').First(part => part.StartsWith("train", StringComparison.OrdinalIgnoreCase));
        Assert.Contains($"Did you mean '{Path.Combine(_folder.Path, train)}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("daisy, roses", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadImageFolder_ClassesNamedLikeParts_AreAllowed()
    {
        foreach (string name in (string[])["train/1.jpg", "test/1.jpg", "bus/old/1.jpg", "bus/new/1.jpg"])
            _folder.File(name, [1]);
        Assert.Equal(["bus", "bus", "test", "train"], ImageFolder.Scan(_folder.Path).Files.Select(file => file.Label));
    }

    [Fact]
    public void LoadImageFolder_OneClassWithNestedFoldersBesideAnother_IsAllowed()
    {
        foreach (string name in (string[])["train/old/1.jpg", "train/new/1.jpg", "bus/1.jpg"])
            _folder.File(name, [1]);
        Assert.Equal(3, ImageFolder.Scan(_folder.Path).Files.Count);
    }

    [Theory]
    [InlineData("photos/daisy,photos/roses", "photos")]
    [InlineData("a/b/daisy,a/b/roses", "a/b")]
    [InlineData("photos/train/daisy,photos/train/roses,photos/test/daisy", "photos/train")]
    [InlineData("train/daisy,train/roses", "train")]
    public void LoadImageFolder_OnlyOneFolderWithFoldersInIt_NamesTheFolderBelow(string classes, string meant)
    {
        foreach (string @class in classes.Split(','))
            _folder.File($"{@class}/1.jpg", [1]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => _ml.Data.LoadImageFolder(_folder.Path));
        Assert.Contains($"Did you mean '{Path.Combine([_folder.Path, .. meant.Split('/')])}'?", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadImageFolder_OneClass_IsAllowed()
    {
        _folder.File("daisy/deep/1.jpg", [1]);
        Assert.Single(ImageFolder.Scan(_folder.Path).Files);
    }

    [Fact]
    public void LoadImageFolder_APackedFile_SaysToUnpackIt()
    {
        string zip = _folder.File("photos.zip", [1]);
        DirectoryNotFoundException error = Assert.Throws<DirectoryNotFoundException>(() => _ml.Data.LoadImageFolder(zip));
        Assert.Contains("is a file", error.Message, StringComparison.Ordinal);
        Assert.Contains("Unpack it first", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_FolderWithoutClasses_ListsAndWarnsAsForClasses()
    {
        foreach (string name in (string[])["2.jpg", "deep/1.JFIF", "3.heic", "deep/4.heic", "@eaDir/5.jpg", "notes.txt"])
            _folder.File(name, [1]);
        PcDartsPictureFiles found = PcDartsPictureFiles.Find(_folder.Path);
        Assert.Equal(["2.jpg", "deep/1.JFIF"], found.Paths.Select(path => Path.GetRelativePath(_folder.Path, path)));
        Assert.Contains("2 .heic", Assert.Single(found.Warnings), StringComparison.Ordinal);
        Assert.Contains("2 pictures in", found.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_NoFolder_Throws()
        => Assert.Throws<DirectoryNotFoundException>(() => PcDartsPictureFiles.Find(Path.Combine(_folder.Path, "absent")));

    private List<string> Warnings()
    {
        List<string> warnings = ReaderFixture.CaptureWarnings(_ml);
        _ = _ml.Data.LoadImageFolder(_folder.Path);
        return warnings;
    }
}
