using Microsoft.ML;
using Microsoft.ML.Data;

namespace PcDarts.Web.Tests;

/// <summary>Two models that <c>fit --recipe tiny</c> made of colored pictures, once for all tests.</summary>
public sealed class ModelFixture : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pcdarts-web-").FullName;

    public ModelFixture()
    {
        string pictures = Path.Combine(_folder, "pictures");
        // with some dozens the three epochs of this recipe are too few for some seeds
        ColorPictures.WriteTrainingSet(pictures, perClass: 300);
        First = Fit(pictures, seed: 1);
        Second = Fit(pictures, seed: 2);
    }

    /// <summary>A model.zip.</summary>
    public string First { get; }

    /// <summary>Another model.zip for the same classes, with other weights.</summary>
    public string Second { get; }

    /// <summary>A new name in the fixture's folder.</summary>
    public string NewPath(string extension) => Path.Combine(_folder, $"{Guid.NewGuid():N}{extension}");

    /// <summary>A copy of a model in a folder of its own, to be replaced.</summary>
    public string Copy(string model)
    {
        string copy = Path.Combine(Directory.CreateDirectory(NewPath("")).FullName, "model.zip");
        File.Copy(model, copy);
        return copy;
    }

    /// <summary>ML.NET's own predictions of picture files: class names and their probabilities.</summary>
    internal static Dictionary<string, float>[] MlNet(string model, params string[] files)
    {
        var ml = new MLContext();
        ITransformer loaded = ml.Model.Load(model, out _);
        using var owned = (IDisposable)loaded;
        IDataView scored = loaded.Transform(ml.Data.LoadFromEnumerable(files.Select(file => new Row { ImagePath = file })));
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        string[] labels = [.. names.DenseValues().Select(name => name.ToString())];
        return [.. scored.GetColumn<float[]>("Score").Select(scores => labels.Zip(scores).ToDictionary())];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Fit(string pictures, int seed)
    {
        string output = Path.Combine(_folder, $"fit-{seed}");
        (int code, _, string errors) = Programs.Cli("fit", "--train", pictures, "--recipe", "tiny", "--seed", $"{seed}", "--out", output);
        Assert.True(code == 0, errors);
        return Path.Combine(output, "model.zip");
    }

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }
}

[CollectionDefinition(Name)]
public sealed class ModelCollection : ICollectionFixture<ModelFixture>
{
    public const string Name = "Models";
}
