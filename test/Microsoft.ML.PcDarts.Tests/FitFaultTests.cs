using Microsoft.ML.PcDarts.Platform;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>
/// A training on a disk that fails at its n-th operation: it ends with an error that names the workspace, and a second attempt with the
/// bits of an uninterrupted run.
/// </summary>
public sealed class FitFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 45)]
    public void Fit_OperationsFail_GoesOnToTheSameBits(int first, int stride) => Fail(first, stride);

    [SkippableFact, Trait("Category", "Long")]
    public void Fit_EveryOperationFails_GoesOnToTheSameBits()
    {
        Fuzz.SkipUnlessLong();
        Fail(1, 1);
    }

    private void Fail(int first, int stride)
    {
        string whole = Train("whole"), folder;
        FaultyDisk disk;
        int at = first;
        for (int round = 0; ; round++, at += stride)
        {
            folder = $"{at}";
            Directory.CreateDirectory(_folder.File(folder));
            disk = round % 2 == 0
                ? new FaultyDisk(at, lasting: round % 4 == 0)
                : new ForgetfulDisk(_folder.File(folder), at, keepsNames: round % 4 == 1);
            Disk.Current = disk;
            try
            {
                Assert.Equal(whole, Train(folder));
            }
            catch (IOException error)
            {
                Assert.Contains(_folder.File(folder), error.Message, StringComparison.Ordinal);
            }
            finally
            {
                Disk.Current = new Disk();
            }

            (disk as ForgetfulDisk)?.Forget();
            if (disk.Failed is null)
                break;
            Assert.Equal((at, disk.Failed, whole), (at, disk.Failed, Train(folder)));
            Assert.Equal(PcDartsRunState.Finished, PcDartsRun.Open(_folder.File(folder)).State);
            Assert.Empty(Directory.GetFiles(_folder.File(folder), "*.tmp", SearchOption.AllDirectories));
            Directory.Delete(_folder.File(folder), recursive: true);
        }

        Assert.InRange(at, 60, 2000);
    }

    private string Train(string folder)
    {
        MLContext ml = new(seed: 3);
        PcDartsTrainer.Options options = Quick();
        (options.WorkspacePath, options.CheckpointInterval, options.Epochs, options.SearchEpochs,
            options.SearchWarmUpEpochs) = (_folder.File(folder), TimeSpan.FromDays(1), 3, 1, 0);
        return Fit(ml, options, Views(ml, 30, out _)).History.WeightsSha256;
    }
}
