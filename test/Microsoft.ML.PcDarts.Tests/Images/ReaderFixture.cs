using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Tests.Images;

/// <summary>Data views of pictures and labels, and the reader's usual settings.</summary>
internal static class ReaderFixture
{
    public static ImageReadSettings Settings { get; } = new() { ImageColumn = "Image", LabelColumn = "Label", Width = 16, Height = 16 };

    /// <summary>Loads files lazily, with a text label mapped to a key; a null label stays missing.</summary>
    public static IDataView View(MLContext ml, params (string? Path, string? Label)[] rows) => View(ml, folder: null, rows);

    /// <summary>The same, of files in a folder.</summary>
    public static IDataView View(MLContext ml, string? folder, (string? Path, string? Label)[] rows)
    {
        IDataView data = ml.Data.LoadFromEnumerable(
            rows.Select(row => new PathRow { ImagePath = row.Path ?? "", Label = row.Label ?? "" }).ToArray());
        return ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.LoadImages("Image", folder, "ImagePath")).Fit(data)
            .Transform(data);
    }

    /// <summary>Two classes of <paramref name="each"/> noise pictures.</summary>
    public static (string?, string?)[] TwoClasses(PictureFolder folder, int each, int width = 16, int height = 16,
        string extension = ".png")
        => [.. Enumerable.Range(0, 2 * each).Select(i =>
            ((string?)folder.Picture($"p{i:000}{extension}", width, height, i), (string?)(i % 2 == 0 ? "even" : "odd")))];

    public static List<string> CaptureWarnings(MLContext ml)
    {
        List<string> messages = [];
        ml.Log += (_, e) =>
        {
            if (e.Kind == Runtime.ChannelMessageKind.Warning)
                messages.Add(e.RawMessage);
        };
        return messages;
    }

    public static byte[] Bytes(ImageDataset data, int row)
    {
        using TorchSharp.torch.Tensor image = data.Images.narrow(0, row, 1);
        return image.bytes.ToArray();
    }

    public sealed class PathRow
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
