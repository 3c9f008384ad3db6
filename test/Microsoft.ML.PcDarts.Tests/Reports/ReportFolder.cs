using System.Text.Json;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Tests.Reports;

/// <summary>A workspace whose files a test writes itself.</summary>
internal sealed class ReportFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<TrainingProgress> _reports = [];

    public ReportFolder(Genotype? given = null)
    {
        var description = new RunDescription
        {
            Started = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Seed = 7,
            Device = "cpu",
            Precision = "Float32",
            Threads = 2,
            Data = new DataDescription(30, 8, 8, 3, new string('a', DataDescription.HashLength)),
            Options = new Dictionary<string, string> { ["Epochs"] = "6", ["Genotype"] = given?.ToString() ?? "null" },
            Versions = new Dictionary<string, string> { ["TorchSharp"] = "0.107.0.0" },
            Machine = "a <machine>",
        };
        ReportFile.Write(_folder.File(Workspace.RunFile), description);
    }

    public string Path => _folder.Path;

    public string Page => File.ReadAllText(_folder.File(PcDartsReport.FileName));

    public void Write(string file, string text) => File.WriteAllText(_folder.File(file), text);

    public string PathOf(string file) => _folder.File(file);

    /// <summary>Adds an epoch's last report of the search, with α that favour <paramref name="favourite"/> on the first edge.</summary>
    public void AddSearchEpoch(int epoch, Primitive favourite = Primitive.SepConv3x3)
    {
        float[] alpha = new float[14 * 8];
        alpha[(int)favourite] = 3;
        Add(new TrainingProgress
        {
            Phase = TrainingPhase.Search, Epoch = epoch, Epochs = 5, Step = 4, Steps = 4, Loss = 2.5 - 0.1 * epoch, Accuracy = 0.1 * epoch,
            LearningRate = 0.1, Elapsed = TimeSpan.FromSeconds(10 * epoch), EpochEnd = true,
            Genotype = KnownGenotypes.PcDartsCifar,
            Architecture = new ArchitectureValues(alpha, new float[14 * 8], new float[14], new float[14]),
        });
    }

    public void AddCandidate(int number, Genotype genotype, double loss) => Add(new TrainingProgress
    {
        Phase = TrainingPhase.Selection, Epoch = number, Epochs = 3, Step = 20, Steps = 20, Loss = loss, Accuracy = 0.25,
        LearningRate = 0.1, ImagesPerSecond = 40, Elapsed = TimeSpan.FromSeconds(60 + 10 * number), EpochEnd = true, Genotype = genotype,
    });

    public void AddTrainingEpoch(int epoch, double validationLoss = 2) => Add(new TrainingProgress
    {
        Phase = TrainingPhase.Training, Epoch = epoch, Epochs = 6, Step = 4, Steps = 4, Loss = 2.5 - 0.1 * epoch, Accuracy = 0.1 * epoch,
        LearningRate = 0.1, ValidationLoss = validationLoss, ValidationAccuracy = 0.5, Elapsed = TimeSpan.FromSeconds(100 + 10 * epoch),
        EpochEnd = true,
    });

    /// <summary>Writes a result that ends with the newest report, or with another moment.</summary>
    public void AddResult(string[] classes, TimeSpan? elapsed = null, StopReason stopped = StopReason.Completed, RunVerdict? verdict = null)
    {
        var shape = new NetworkShape { InitialChannels = 4, Layers = 2, Classes = 3, ImageHeight = 8, ImageWidth = 8 };
        TrainingProgress last = _reports[^1];
        new RunResult(KnownGenotypes.PcDartsCifar, shape, classes, new TrainingHistory
        {
            Epochs = [new EpochMetrics(last.Phase, last.Epoch, 1, 0.5, 1, 0.5, 0.1, 10, elapsed ?? last.Elapsed)], TrainingImages = 24,
            ValidationImages = 6,
            Size = NetworkSize.Of(KnownGenotypes.PcDartsCifar, shape), WeightsSha256 = "w", Device = "cpu", Seed = 7,
            ReturnedEpoch = last.Epoch, StopReason = stopped, Verdict = verdict,
        }).Write(Path);
    }

    public void Dispose() => _folder.Dispose();

    private void Add(TrainingProgress report)
    {
        _reports.Add(report);
        Write(Workspace.MetricsFile, string.Concat(_reports.Select(line => JsonSerializer.Serialize(line, JsonFormat.Compact) + "\n")));
    }
}
