using System.IO.Compression;
using System.Runtime.InteropServices;
using Microsoft.ML;

namespace PcDarts.Samples.Tests.Cli;

/// <summary>Models that are damaged, or saved in another way than 'fit' does.</summary>
[Collection(nameof(FitCollection))]
public sealed class SavedModelTests(FitFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Evaluate_ScoresNotFinite_IsAnErrorWithTheCount()
    {
        string broken = _folder["broken.zip"];
        File.Copy(fixture.Model, broken);
        Change(broken, "Transform_003/Model/Model.key", bytes =>
        {
            // The classifier's weights are the last numbers of its file, but for the names of the classes.
            Span<float> values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(bytes.Length / 2 / 4 * 4));
            values[0] = float.NaN;
        });

        CliResult evaluated = CliProcess.Run("evaluate", broken, "--test", fixture.Test);
        CliResult predicted = CliProcess.Run("predict", fixture.Test, "--model", broken);

        Assert.Equal(1, evaluated.ExitCode);
        int pictures = Directory.GetFiles(fixture.Test, "*.png", SearchOption.AllDirectories).Length;
        Assert.Contains($"gives scores that are not finite numbers for {pictures} of {pictures} pictures",
            evaluated.Errors.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Equal(1, predicted.ExitCode);
        Assert.Contains("holds NaN", predicted.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluateAndPredict_SavedWithoutSchema_GiveTheSame()
    {
        string bare = _folder["bare.zip"];
        MLContext ml = new();
        ITransformer model = ml.Model.Load(fixture.Model, out _);
        ml.Model.Save(model, null, bare);

        CliResult evaluated = CliProcess.Run("evaluate", bare, "--test", fixture.Test, "--json"),
            whole = CliProcess.Run("evaluate", fixture.Model, "--test", fixture.Test, "--json");
        CliResult predicted = CliProcess.Run("predict", fixture.Test, "--model", bare);

        Assert.True(evaluated.ExitCode == 0, evaluated.Errors);
        Assert.Equal((double)whole.Json["logLoss"]!, (double)evaluated.Json["logLoss"]!, 1e-9);
        Assert.True(predicted.ExitCode == 0, predicted.Errors);
    }

    [Fact]
    public void Evaluate_ZipOfManyEntries_IsRefused()
    {
        string many = _folder["many.zip"];
        File.Copy(fixture.Model, many);
        using (ZipArchive zip = ZipFile.Open(many, ZipArchiveMode.Update))
        {
            for (int i = 0; i < 10_001; i++)
                zip.CreateEntry($"{i}");
        }

        CliResult result = CliProcess.Run("evaluate", many, "--test", fixture.Test);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("at most 10,000 are read", result.Errors.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    private static void Change(string path, string entryName, Action<byte[]> change)
    {
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Update);
        ZipArchiveEntry entry = zip.Entries.Single(entry => entry.FullName.EndsWith(entryName, StringComparison.Ordinal));
        using Stream stream = entry.Open();
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        change(bytes);
        stream.Position = 0;
        stream.Write(bytes);
    }
}
