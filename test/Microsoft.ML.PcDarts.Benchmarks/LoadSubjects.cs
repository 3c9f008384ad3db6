using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Images;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Folders of JPEG files, and what the trainer does with them before its network sees them: decode all of them once, and make batches in
/// every epoch.
/// </summary>
internal sealed class LoadSubjects : IDisposable
{
    /// <summary>Side of CIFAR's pictures in pixels.</summary>
    public const int Side = 32;

    /// <summary>Side of the large pictures in pixels, as they lie in their files.</summary>
    public const int LargeSide = 224;

    /// <summary>The size that large pictures are resized to: the trainer's own choice for them, its default MaximumImageSize.</summary>
    public const int ResizedSide = 64;

    private const int Classes = 10;
    private const int Grain = 16;
    private readonly string _temporary = Directory.CreateTempSubdirectory("pcdarts-benchmark-").FullName;
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder;
    private readonly string _largeFolder;
    private readonly ImageDataset _data;
    private readonly BatchLoader _loader;
    private readonly BatchSampler _sampler;
    private int _epoch, _draw;

    /// <param name="folder">Pictures with a sub-folder a class; null: they are drawn.</param>
    /// <param name="files">Drawn pictures.</param>
    /// <param name="largeFiles">Drawn large pictures.</param>
    /// <param name="batch">Pictures a batch.</param>
    public LoadSubjects(string? folder, int files, int largeFiles, int batch)
    {
        _folder = folder ?? Draw("small", Side, files);
        _largeFolder = Draw("large", LargeSide, largeFiles);
        LargeCount = largeFiles;
        _data = Read(_folder, Side);
        int[] rows = [.. Enumerable.Range(0, _data.Count)];
        (float[] mean, float[] std) = ChannelStatistics.Of(_data, rows);
        _loader = new BatchLoader(_data, mean, std, RunSettings.Of(PcDartsRecipe.Default()).Augmentation, CPU, ScalarType.Float32, seed: 1);
        _sampler = new BatchSampler(rows, batch, seed: 1);
    }

    /// <summary>Number of the pictures of CIFAR's size.</summary>
    public int Count => _data.Count;

    public int LargeCount { get; }

    /// <summary>Mean size of a file in bytes.</summary>
    public double FileBytes => MeanBytes(_folder);

    /// <summary>Mean size of a large file in bytes.</summary>
    public double LargeFileBytes => MeanBytes(_largeFolder);

    /// <summary>Reads the whole folder, from the list of its files to the tensor, as many times as told.</summary>
    public void Decode(int times)
    {
        for (int time = 0; time < times; time++)
            Read(_folder, Side).Dispose();
    }

    public void DecodeLarge() => Read(_largeFolder, ResizedSide).Dispose();

    /// <summary>Batches of whole epochs: picked, cropped, flipped, normalized.</summary>
    /// <param name="epochs">How many.</param>
    /// <param name="cutout">Side of the square that is cut out; 0 for none.</param>
    public void Augment(int epochs, int cutout)
    {
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            foreach (long[] rows in _sampler.Epoch(_epoch++))
            {
                using (NewDisposeScope())
                    _ = _loader.LoadAugmented(rows, _draw++, cutout);
            }
        }
    }

    public void Dispose()
    {
        _loader.Dispose();
        _data.Dispose();
        Directory.Delete(_temporary, recursive: true);
    }

    private ImageDataset Read(string folder, int side)
    {
        IDataView files = _ml.Data.LoadImageFolder(folder);
        IDataView pictures = _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.Transforms.LoadImages("Image", null, "ImagePath"))
            .Fit(files).Transform(files);
        return ImageTensorReader.Read(_ml, pictures, new ImageReadSettings
        {
            ImageColumn = "Image",
            LabelColumn = "Label",
            Width = side,
            Height = side,
        });
    }

    private string Draw(string name, int side, int count)
    {
        string folder = Path.Combine(_temporary, name);
        for (int i = 0; i < Classes; i++)
            Directory.CreateDirectory(Path.Combine(folder, $"class {i}"));
        Parallel.For(0, count, i =>
        {
            using MLImage picture = RandomPicture.Draw(i, side, side, Grain);
            picture.Save(Path.Combine(folder, $"class {i % Classes}", $"{i}.jpg"));
        });
        return folder;
    }

    private static double MeanBytes(string folder)
        => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Average(file => file.Length);
}
