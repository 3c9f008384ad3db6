using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Tests;
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Commit_EveryOperationFails_LeavesOldOrNewFilesAndNothingElse(bool powerCut)
    {
        int faults = 0;
        for (string? failed = ""; failed is not null; faults++)
        {
            string folder = _folder[$"{faults}"];
            Directory.CreateDirectory(folder);
            foreach (string name in (string[])["model.zip", "genotype.json"])
                File.WriteAllText(Path.Combine(folder, name), "old");
            FaultyDisk disk = powerCut
                ? new ForgetfulDisk(folder, faults + 1, keepsNames: false)
                : new FaultyDisk(faults + 1, lasting: false);
            Disk.Current = disk;
            bool committed = false;
            try
            {
                using OutputFolder output = new(folder);
                output.Write("model.zip", file => File.WriteAllText(file, "new"));
                output.Write("genotype.json", file => File.WriteAllText(file, "new"));
                output.Commit();
                committed = true;
            }
            catch (Exception error) when (error is IOException or UserException)
            {
                Assert.Contains("for a test", error.Message, StringComparison.Ordinal);
            }
            finally
            {
                Disk.Current = new Disk();
            }

            (disk as ForgetfulDisk)?.Forget();
            failed = disk.Failed;
            Assert.Equal(["genotype.json", "model.zip"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
            Assert.All(Directory.GetFiles(folder),
                file => Assert.Contains(File.ReadAllText(file), committed ? ["new"] : (string[])["old", "new"]));
        }

        Assert.InRange(faults, 6, 30);
    }

    [Fact]
    public void Constructor_PathIsAFile_NamesIt()
    {
        File.WriteAllText(_folder["taken"], "");

        UserException exception = Assert.Throws<UserException>(() => new OutputFolder(_folder["taken"]));

        Assert.Contains(_folder["taken"], exception.Message, StringComparison.Ordinal);
    }
}
