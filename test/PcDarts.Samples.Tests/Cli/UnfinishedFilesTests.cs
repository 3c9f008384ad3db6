using PcDarts.Cli;
using PcDarts.Cli.Models;

namespace PcDarts.Samples.Tests.Cli;

/// <summary>Alone, because it ends all output folders of the process.</summary>
[CollectionDefinition(nameof(UnfinishedFilesTests), DisableParallelization = true)]
[Collection(nameof(UnfinishedFilesTests))]
public sealed class UnfinishedFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Delete_OpenFolder_LeavesWhatWasThereBefore()
    {
        Directory.CreateDirectory(_folder["old"]);
        File.WriteAllText(_folder["old", "model.zip"], "old");
        using OutputFolder old = new(_folder["old"]), created = new(_folder["new"]), committed = new(_folder["done"]);
        foreach (OutputFolder output in (OutputFolder[])[old, created, committed])
            output.Write("model.zip", file => File.WriteAllText(file, "half"));
        committed.Commit();

        UnfinishedFiles.Delete();

        Assert.Equal([_folder["old", "model.zip"]], Directory.GetFileSystemEntries(_folder["old"]));
        Assert.Equal("old", File.ReadAllText(_folder["old", "model.zip"]));
        Assert.False(Directory.Exists(_folder["new"]));
        Assert.Equal([_folder["done", "model.zip"]], Directory.GetFileSystemEntries(_folder["done"]));
    }
}
