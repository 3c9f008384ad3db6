using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>A model.zip in a process that has neither this library nor TorchSharp.</summary>
public sealed class ModelFileProcessTests : IDisposable
{
    private static readonly string Loader = typeof(ModelFileProcessTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "ModelLoader").Value!;

    private readonly string _folder = Directory.CreateTempSubdirectory("pcdarts-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_InAForeignProcess_GivesTheSameScoresAndNames()
    {
        Assert.Empty(Directory.GetFiles(Loader, "*PcDarts*").Concat(Directory.GetFiles(Loader, "*orch*")));
        var ml = new MLContext(seed: 1);
        IDataView data = TinyModel.Keyed(ml, 6);
        using var tiny = new TinyModel(ml, data.Schema);
        string zip = Path.Combine(_folder, "model.zip");
        ml.Model.Save(tiny.Transformer, data.Schema, zip);
        string[] pictures = [.. TinyModel.Pictures(6, "cat", "dog", "eel").Select((picture, i) =>
        {
            string path = Path.Combine(_folder, $"{i}.png");
            picture.Image!.Save(path);
            return path;
        })];

        string[] lines = Run([zip, .. pictures]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        float[][] expected = [.. tiny.Transformer.Transform(data).GetColumn<float[]>("Score")];
        Assert.Equal(expected.Length, lines.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            string[] parts = lines[i].Split(' ');
            Assert.Equal(tiny.Transformer.ClassNames[Array.IndexOf(expected[i], expected[i].Max())], parts[0]);
            float[] scores = [.. parts[1..].Select(s => float.Parse(s, CultureInfo.InvariantCulture))];
            for (int c = 0; c < scores.Length; c++)
                Assert.Equal(expected[i][c], scores[c], 1e-6f);
        }
    }

    private static string Run(IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet",
            ["exec", Path.Combine(Loader, "ModelLoader.dll"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }
}
