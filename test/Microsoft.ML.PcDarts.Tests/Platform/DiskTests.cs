using System.Diagnostics;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests.Platform;

/// <summary>A workspace on a disk that is full or read-only. Needs the right to mount a file system in memory.</summary>
[Trait("Category", "Mount")]
public sealed class DiskTests : IDisposable
{
    private const string Unavailable = "this process may not mount a file system";
    private readonly TemporaryFolder _folder = new();
    private readonly bool _mounted;

    public DiskTests() => _mounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", _folder.Path);

    private string Workspace => _folder.File("run");

    public void Dispose()
    {
        if (_mounted)
            Run("umount", _folder.Path);
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData(TrainingPhase.Search)]
    [InlineData(TrainingPhase.Training)]
    public void Fit_DiskFillsUp_SaysSoAndGoesOnWhenThereIsRoom(TrainingPhase phase)
    {
        Skip.IfNot(_mounted, Unavailable);
        string filler = _folder.File("filler"), whole = Train(null);
        IOException error = Assert.Throws<IOException>(() => Train(Workspace, report =>
        {
            if (report.Phase == phase && report.EpochEnd && !File.Exists(filler))
                Fill(filler);
        }));
        Assert.Contains("cannot be written to any more", error.Message, StringComparison.Ordinal);
        Assert.Contains("call Fit with the same workspace to resume", error.Message, StringComparison.Ordinal);

        File.Delete(filler);
        Assert.Equal(whole, Train(Workspace));
    }

    [SkippableFact]
    public void Fit_ReadOnlyWhenGoingOn_SaysSoAndKeepsTheCheckpoint()
    {
        Skip.IfNot(_mounted, Unavailable);
        string whole = Train(null);
        Assert.Throws<NotSupportedException>(() => Train(Workspace, report =>
        {
            if (report is { Phase: TrainingPhase.Training, Epoch: 3, EpochEnd: true })
                throw new NotSupportedException("as if the process had died");
        }));

        Remount("ro");
        IOException error = Assert.Throws<IOException>(() => Train(Workspace));
        Assert.Contains("WorkspacePath", error.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be written to", error.Message, StringComparison.Ordinal);

        Remount("rw");
        Assert.Equal(whole, Train(Workspace));
    }

    private static string Train(string? workspace, Action<TrainingProgress>? callback = null)
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        (options.WorkspacePath, options.CheckpointInterval, options.MetricsCallback) = (workspace, TimeSpan.Zero, callback);
        return Fit(ml, options, Views(ml, 30, out _)).History.WeightsSha256;
    }

    private static void Fill(string path)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full, which is what was wanted.
        }
    }

    private void Remount(string mode) => Assert.True(Run("mount", "-o", "remount," + mode, _folder.Path));

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program
        }
    }
}
