using Microsoft.Extensions.Time.Testing;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>Small noisy pictures that a small network learns in moments, and options that do so.</summary>
internal static class ColorPictures
{
    public static PcDartsTrainer.Options Quick() => new()
    {
        ImageWidth = 8,
        ImageHeight = 8,
        SearchEpochs = 2,
        SearchWarmUpEpochs = 1,
        SearchBatchSize = 8,
        SearchInitialChannels = 4,
        SearchLayers = 2,
        PartialChannels = 2,
        Nodes = 2,
        SearchCandidates = 1,
        Epochs = 6,
        BatchSize = 8,
        InitialChannels = 4,
        Layers = 2,
        Threads = 1,
        ValidationFraction = 0.2,
    };

    public static PcDartsTransformer Fit(MLContext ml, PcDartsTrainer.Options options, IDataView view) =>
        ml.MulticlassClassification.Trainers.PcDarts(options).Fit(view);

    /// <summary>
    /// Fits on a clock that moves by 10 ms each time it is read, and by nothing else: plans under a time budget repeat on any machine.
    /// </summary>
    public static PcDartsTransformer FitOnFakeClock(MLContext ml, PcDartsTrainer.Options options, IDataView view)
    {
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(10) };
        return new PcDartsTrainer(((IHostEnvironment)ml).Register("Test"), options, time).Fit(view);
    }

    public static IDataView Source(MLContext ml, int count, Func<int, int, bool>? keep = null)
        => ml.Data.LoadFromEnumerable(Pictures(count, keep));

    public static IDataView Views(MLContext ml, int count, out IDataView view)
    {
        IDataView source = Source(ml, count);
        return view = ml.Transforms.Conversion.MapValueToKey("Label").Fit(source).Transform(source);
    }

    /// <summary>
    /// Noisy pictures whose strongest channel is their class. Made again on each enumeration, since ML.NET disposes what it scores.
    /// </summary>
    private static IEnumerable<ColorPicture> Pictures(int count, Func<int, int, bool>? keep)
    {
        string[] names = ["red", "green", "blue"];
        for (int index = 0; index < count; index++)
        {
            var random = new Random(index);
            int strongest = index % 3;
            if (keep?.Invoke(index, strongest) == false)
                continue;
            byte[] pixels = new byte[8 * 8 * 4];
            for (int pixel = 0; pixel < pixels.Length; pixel += 4)
            {
                for (int channel = 0; channel < 3; channel++)
                    pixels[pixel + 2 - channel] = (byte)random.Next(channel == strongest ? 120 : 0, channel == strongest ? 256 : 136);
                pixels[pixel + 3] = 255;
            }

            yield return new ColorPicture
            {
                Label = names[strongest],
                Number = strongest,
                Image = MLImage.CreateFromPixels(8, 8, MLPixelFormat.Bgra32, pixels),
            };
        }
    }

    private sealed class ColorPicture
    {
        public string Label { get; set; } = "";

        public float Number { get; set; }

        [ImageType(8, 8)]
        public required MLImage Image { get; set; }
    }
}
