using PcDarts.Cli;
using PcDarts.Cli.Models;

namespace PcDarts.Samples.Tests.Cli;

public sealed class OutputFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Dispose_WithoutCommit_LeavesNothing()
    {
        using (OutputFolder output = new(_folder["a", "b"]))
            output.Write("model.zip", file => File.WriteAllText(file, "half"));

        Assert.Empty(Directory.GetFileSystemEntries(_folder.FullPath));
    }

    [Fact]
    public void Dispose_WithoutCommit_KeepsEarlierFiles()
    {
        File.WriteAllText(_folder["model.zip"], "old");
        using (OutputFolder output = new(_folder.FullPath))
            output.Write("model.zip", file => File.WriteAllText(file, "new"));

        Assert.Equal("old", File.ReadAllText(_folder["model.zip"]));
        Assert.Single(Directory.GetFileSystemEntries(_folder.FullPath));
    }

    [Fact]
    public void Write_Throws_LeavesNothing()
    {
        using (OutputFolder output = new(_folder["out"]))
        {
            Assert.Throws<IOException>(() => output.Write("model.zip", file =>
            {
                File.WriteAllText(file, "half");
                throw new IOException("disk full");
            }));
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.FullPath));
    }

    [Fact]
    public void Commit_OverEarlierFiles_ReplacesThem()
    {
        File.WriteAllText(_folder["model.zip"], "old");
        using (OutputFolder output = new(_folder.FullPath))
        {
            output.Write("model.zip", file => File.WriteAllText(file, "new"));
            output.Commit();
        }

        Assert.Equal("new", File.ReadAllText(_folder["model.zip"]));
    }

    [Fact]
    public void Constructor_PathIsAFile_NamesIt()
    {
        File.WriteAllText(_folder["taken"], "");

        UserException exception = Assert.Throws<UserException>(() => new OutputFolder(_folder["taken"]));

        Assert.Contains(_folder["taken"], exception.Message, StringComparison.Ordinal);
    }
}
