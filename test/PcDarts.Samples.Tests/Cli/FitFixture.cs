using PcDarts.Cli.Shapes;

namespace PcDarts.Samples.Tests.Cli;

/// <summary>A small data set of shapes and a model that <c>fit --recipe tiny</c> made of it in a process of its own.</summary>
public sealed class FitFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FitFixture()
    {
        ShapeDataset.Write(_folder.FullPath, trainingPerClass: 24, testPerClass: 10, seed: 5);
        Fit = CliProcess.Run("fit", "--train", Train, "--test", Test, "--recipe", "tiny", "--seed", "5", "--out", Out, "--json");
    }

    public string Train => _folder["train"];

    public string Test => _folder["test"];

    public string Out => _folder["out"];

    public string Model => Path.Combine(Out, "model.zip");

    internal CliResult Fit { get; }

    public void Dispose() => _folder.Dispose();
}

/// <summary>Test classes that share one fixture, and so run one after another.</summary>
[CollectionDefinition(nameof(FitCollection))]
public sealed class FitCollection : ICollectionFixture<FitFixture>;
