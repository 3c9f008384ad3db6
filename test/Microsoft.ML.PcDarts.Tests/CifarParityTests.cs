using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Networks.Discovered;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>On real CIFAR-10 pictures; see CONTRIBUTING.md for how to unpack them.</summary>
public sealed class CifarParityTests
{
    private const int Pictures = 1000;

    private static string? Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("PCDARTS_CIFAR") is { Length: > 0 } named)
                return Path.Combine(Path.GetFullPath(named), "test");
            string? root = AppContext.BaseDirectory;
            while (root is not null && !File.Exists(Path.Combine(root, "PcDarts.sln")))
                root = Path.GetDirectoryName(root);
            string folder = Path.Combine(root ?? "", ".data", "cifar10", "test");
            return Directory.Exists(folder) ? folder : null;
        }
    }

    [SkippableFact]
    [Trait("Category", "Cifar")]
    public void Transform_ThousandTestPictures_ZipGivesTorchProbabilities()
    {
        Skip.If(Folder is null, "The CIFAR-10 pictures are not in .data/cifar10, and PCDARTS_CIFAR names no folder.");
        MLContext ml = new(seed: 11);
        IDataView files = ml.Data.LoadImageFolder(Folder!);
        IDataView test = ml.Data.TakeRows(ml.Data.ShuffleRows(files, seed: 1), Pictures);
        var images = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.LoadImages("Image", null, "ImagePath")).Fit(files);
        PcDartsTrainer.Options options = PcDartsRecipe.Tiny();
        options.Genotype = KnownGenotypes.PcDartsCifar;
        options.ValidationFraction = 0;
        IDataView data = ml.Data.Cache(images.Transform(test), "Label", "ImagePath");
        IDataView rows = ml.Transforms.LoadImages("Image", null, "ImagePath").Fit(data).Transform(data);
        PcDartsTransformer model = ml.MulticlassClassification.Trainers.PcDarts(options).Fit(rows);

        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "model.zip");
        ml.Model.Save(model, rows.Schema, path);
        using FileStream stream = File.OpenRead(path);
        float[][] scores = [.. new MLContext().Model.Load(stream, out _).Transform(rows).GetColumn<float[]>("Score")];
        float[][] expected = TorchProbabilities(model, ml, rows);

        Assert.Equal(Pictures, scores.Length);
        double largest = scores.Zip(expected, (row, other) => row.Zip(other, (a, b) => Math.Abs(a - b)).Max()).Max();
        Assert.True(largest <= 1e-4, $"The largest difference of a probability is {largest:g3}.");
    }

    private static float[][] TorchProbabilities(PcDartsTransformer model, MLContext ml, IDataView rows)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using ImageDataset dataset = ImageTensorReader.Read(MlNetAccess.EnvironmentOf(ml.Data), rows, new ImageReadSettings
        {
            ImageColumn = "Image",
            LabelColumn = "Label",
            Width = model.Shape.ImageWidth,
            Height = model.Shape.ImageHeight,
        });
        using var network = new DiscoveredNetwork(model.Genotype, model.Shape, CPU);
        network.ImportWeights(model.Model.Weights);
        network.eval();
        Tensor pictures = Augmentation.Normalize(dataset.Images, tensor(model.Model.Mean), tensor(model.Model.Std));
        Tensor probabilities = nn.functional.softmax(network.Forward(pictures).Logits, 1); // [N, classes]
        return [.. Enumerable.Range(0, dataset.Count).Select(row => probabilities[row].data<float>().ToArray())];
    }
}
