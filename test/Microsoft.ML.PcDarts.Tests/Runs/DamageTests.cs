using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;
using static Microsoft.ML.PcDarts.Tests.ColorPictures;

namespace Microsoft.ML.PcDarts.Tests.Runs;

/// <summary>Files of a workspace cut short or with a flipped bit: never a crash, a hang or silently wrong data.</summary>
public sealed class DamageTests : IDisposable
{
    private const int Rounds = 500;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Newest_RandomDamage_IsNeverTakenForWhole()
    {
        string run = Run();
        CheckpointFolder folder = CheckpointFolder.Of(run, Workspace.ReadDescription(run)!);
        Checkpoint newest = folder.Newest(_ => { })!;
        string[] files = [.. Directory.GetFiles(Path.Combine(run, Workspace.CheckpointsFolder)).Order(StringComparer.Ordinal)];
        Assert.Equal(4, files.Length);
        var random = new Random(1);
        int older = 0;
        for (int round = 0; round < Rounds; round++)
        {
            // Mostly the newest checkpoint's two files; now and then one of the older ones.
            string file = files[random.Next(10) == 0 ? random.Next(2) : 2 + random.Next(2)];
            Damaged(file, random, () =>
            {
                List<string> warnings = [];
                Checkpoint read = folder.Newest(warnings.Add)!;
                if (warnings.Count == 0)
                    Assert.Equal(Hash(newest), Hash(read));
                else
                    older++;
                Assert.True(warnings.Count == 0 || Hash(read) != Hash(newest));
            });
        }

        Assert.InRange(older, Rounds / 2, Rounds);
    }

    [Fact]
    public void Load_RandomDamageOfAGenotype_IsRefusedOrTheSame()
    {
        string file = _folder.File("genotype.json");
        KnownGenotypes.PcDartsCifar.Save(file);
        var random = new Random(2);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            Damaged(file, random, () =>
            {
                try
                {
                    Assert.Equal(KnownGenotypes.PcDartsCifar, Genotype.Load(file)); // a flipped bit in white space
                }
                catch (GenotypeFormatException)
                {
                    refused++;
                }
            });
        }

        Assert.InRange(refused, Rounds * 9 / 10, Rounds);
    }

    [Fact]
    public void ReadDescription_RandomDamage_IsRefusedOrHarmless()
    {
        string run = Run(), file = Path.Combine(run, Workspace.RunFile);
        RunDescription whole = Workspace.ReadDescription(run)!;
        var random = new Random(3);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            Damaged(file, random, () =>
            {
                try
                {
                    Assert.Equal(whole.Sha256, Workspace.ReadDescription(run)!.Sha256); // a flipped bit in white space
                }
                catch (InvalidDataException error)
                {
                    Assert.Contains(file, error.Message, StringComparison.Ordinal);
                    refused++;
                }
            });
        }

        Assert.InRange(refused, Rounds * 8 / 10, Rounds);
    }

    [Theory]
    [InlineData(RunResult.FileName)]
    [InlineData(RunPredictions.FileName)]
    public void Open_RandomDamageOfAResult_IsRefusedOrHarmless(string name)
    {
        string run = Run(), file = Path.Combine(run, name);
        string weights = PcDartsRun.Open(run).History!.WeightsSha256;
        new RunPredictions(weights, [.. Enumerable.Range(0, 10)
            .Select(i => new PicturePrediction($"/{i}.png", "a", i < 3 ? "b" : "a", 0.1f * i))]).Write(run);
        string whole = Content(run);
        var random = new Random(4);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            Damaged(file, random, () =>
            {
                try
                {
                    Assert.Equal(whole, Content(run)); // a flipped bit in white space
                }
                catch (InvalidDataException error)
                {
                    Assert.Contains(file, error.Message, StringComparison.Ordinal);
                    refused++;
                }
            });
        }

        Assert.InRange(refused, Rounds * 9 / 10, Rounds);

        static string Content(string run)
        {
            PcDartsRun read = PcDartsRun.Open(run);
            return System.Text.Json.JsonSerializer.Serialize(new { read.Result, read.Predictions }, JsonFormat.Compact);
        }
    }

    private static void Damaged(string file, Random random, Action check)
    {
        byte[] bytes = File.ReadAllBytes(file), damaged = [.. bytes];
        if (random.Next(2) == 0)
            damaged = damaged[..random.Next(damaged.Length)];
        else
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
        File.WriteAllBytes(file, damaged);
        check();
        File.WriteAllBytes(file, bytes);
    }

    private static string Hash(Checkpoint checkpoint)
        => WeightsHash.Sha256(checkpoint.Tensors) + checkpoint.State.Progress.Epoch + checkpoint.State.Elapsed;

    private string Run()
    {
        PcDartsTrainer.Options options = Quick();
        (options.WorkspacePath, options.CheckpointInterval, options.Epochs) = (_folder.File("run"), TimeSpan.Zero, 1);
        MLContext ml = new(seed: 3);
        Fit(ml, options, Views(ml, 30, out _));
        return options.WorkspacePath;
    }
}
