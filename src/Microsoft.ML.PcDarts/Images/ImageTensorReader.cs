using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Reads a data view once into an <see cref="ImageDataset"/>, decoding on all cores; row order is the data view's.</summary>
internal static partial class ImageTensorReader
{
    private const int CancellationStride = 1024;
    private const int NamesToShow = 5;

    /// <summary>Reads all rows.</summary>
    /// <param name="env">Environment whose log tells what was left out.</param>
    /// <param name="input">The pictures and labels.</param>
    /// <param name="settings">Columns, size and limits.</param>
    /// <returns>The data set; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">
    /// The data cannot be trained on (too small, one class, a class with one picture, no rows), or a picture cannot be read.
    /// </exception>
    /// <exception cref="IOException">The pixels exceed the memory limit and the workspace cannot hold them.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public static ImageDataset Read(IHostEnvironment env, IDataView input, ImageReadSettings settings)
    {
        ImageDatasetChecks.Size(settings.Width, settings.Height);
        DataViewSchema.Column label = Column(input, settings.LabelColumn);
        string[] names = ClassNames.Of(label);
        using IChannel channel = env.Start("Read images");

        RowIndex index = RowIndex.Build(input, label, settings.Cancellation);
        if (index.MissingLabels > 0)
            Warn($"{index.MissingLabels} of {index.Rows.Length} rows have no label in column '{label.Name}' and are left out.");
        long[] labels = [.. index.Rows.Where(row => row.Label >= 0).Select(row => row.Label)];
        string leftOut = index.MissingLabels == 0 ? "" : $" ({index.MissingLabels} rows without a label were left out)";
        int[] counts = CheckClasses(labels, names, leftOut, settings);
        if (settings.ForTraining)
        {
            foreach (string remark in ClassWarnings.Of(counts, names, settings.Balanced))
                Warn(remark);
        }

        using PixelStore store = PixelStore.Create(channel, labels.Length, settings);
        using ImageDecoding decoding = new(env, input, index, store, settings);
        decoding.Run();
        FreeMemory.ReturnUnused();

        if (decoding.Turned.Count > 0)
        {
            Warn($"{decoding.Turned.Count} of {labels.Length} pictures say by their EXIF orientation that they are to be shown turned or "
                + "mirrored, and are read as they are stored: "
                + $"{Shown.Some([.. decoding.Turned.Select(Shown.Name)], NamesToShow)}. Turn them first, for example with ImageMagick "
                + "(magick mogrify -auto-orient FILES).");
        }
        bool[] bad = decoding.Bad;
        int skipped = bad.Count(isBad => isBad);
        if (skipped > 0)
        {
            Warn($"{skipped} of {labels.Length} pictures cannot be read and are left out: {decoding.ListBad()}.");
            Compact(store, bad);
            labels = [.. labels.Where((_, row) => !bad[row])];
            CheckClasses(labels, names, $" ({skipped} unreadable pictures and {index.MissingLabels} rows without a "
                + "label were left out)", settings);
        }

        channel.Info(MessageSensitivity.None, "{0} pictures of {1} classes, {2}×{3}, read.", labels.Length, names.Length, settings.Width,
            settings.Height);
        return store.Complete(labels, names.Length, index.MissingLabels, skipped);

        void Warn(string message)
        {
            if (settings.Warning is { } warning)
                warning(message);
            else
                channel.Warning(MessageSensitivity.UserData, "{0}", message);
        }
    }

    public static DataViewSchema.Column Column(IDataView input, string name)
        => input.Schema.GetColumnOrNull(name) ?? throw new ArgumentException($"Column '{name}' is missing from the data.", nameof(input));

    private static int[] CheckClasses(long[] labels, string[] names, string leftOut, ImageReadSettings settings)
    {
        int[] counts = new int[names.Length];
        foreach (long label in labels)
            counts[label]++;
        ImageDatasetChecks.Classes(counts, names, settings.LabelColumn, leftOut, settings.ForTraining);
        return counts;
    }

    private static void Compact(PixelStore store, bool[] bad)
    {
        int next = 0;
        for (int row = 0; row < bad.Length; row++)
        {
            if (bad[row])
                continue;
            if (next != row)
                store.Move(row, next);
            next++;
        }
    }
}
