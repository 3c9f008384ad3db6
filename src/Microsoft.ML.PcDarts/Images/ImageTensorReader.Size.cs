using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.Images;

internal static partial class ImageTensorReader
{
    private const int SizeSample = 256;
    private const int SizeStep = 8;
    private const int SmallestDefault = 16;

    /// <summary>
    /// The size to resize to when the user names none: the pictures' own when a sample of up to 256, evenly spaced, all have the same one,
    /// neither side above <paramref name="maximum"/>; else a square of the median shorter side, rounded to a multiple of 8 within
    /// 16..<paramref name="maximum"/>. Unreadable pictures are not counted; the reading itself reports them.
    /// </summary>
    /// <param name="input">The pictures.</param>
    /// <param name="imageColumn">Column of <see cref="MLImage"/>.</param>
    /// <param name="maximum">Largest side in pixels, at least 16.</param>
    /// <param name="maximumPixels">Most pixels of a picture's file; a larger one is not counted.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ArgumentException">All pictures have one size with a side below
    /// <see cref="ImageDatasetChecks.MinimumSide"/>.</exception>
    public static (int Width, int Height) ChooseSize(IDataView input, string imageColumn, int maximum,
        int maximumPixels = PictureHeader.DefaultMaximumPixels, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, SmallestDefault);
        List<(int Width, int Height)> sizes = SampleSizes(input, Column(input, imageColumn), maximumPixels, cancellation);
        if (sizes.Count == 0)
            return (Square(maximum, maximum), Square(maximum, maximum));
        (int width, int height) = sizes[0];
        if (width <= maximum && height <= maximum && sizes.TrueForAll(size => size == (width, height)))
        {
            ImageDatasetChecks.Size(width, height);
            return (width, height);
        }
        int[] shorter = [.. sizes.Select(size => Math.Min(size.Width, size.Height)).Order()];
        int side = Square(shorter[shorter.Length / 2], maximum);
        return (side, side);
    }

    private static int Square(int side, int maximum)
    {
        int rounded = (int)Math.Round(side / (double)SizeStep, MidpointRounding.AwayFromZero) * SizeStep;
        return Math.Clamp(rounded, SmallestDefault, maximum / SizeStep * SizeStep);
    }

    private static List<(int Width, int Height)> SampleSizes(IDataView input, DataViewSchema.Column column, int maximumPixels,
        CancellationToken cancellation)
    {
        long rows = CountRows(input, cancellation);
        long sample = Math.Min(rows, SizeSample);
        List<(int, int)> sizes = [];
        PicturePaths paths = new(input, column.Name);
        using DataViewRowCursor cursor = input.GetRowCursor([column, .. paths.Columns]);
        Func<string?> pathOf = paths.Reader(cursor);
        ValueGetter<MLImage?> getImage = cursor.GetGetter<MLImage?>(column);
        // Never disposed here: it may be a picture of the user's own that a later pass needs.
        MLImage? image = null;
        long taken = 0;
        for (long row = 0; taken < sample && cursor.MoveNext(); row++)
        {
            if (row < taken * rows / sample)
                continue;
            cancellation.ThrowIfCancellationRequested();
            taken++;
            try
            {
                if (pathOf() is { } path)
                {
                    // The header tells the size; what is wrong with the file is reported when it is read.
                    if (PictureHeader.Read(path, maximumPixels, out _) is { } header)
                        sizes.Add((header.Width, header.Height));
                    continue;
                }
                getImage(ref image);
            }
            catch (Exception unreadable) when (unreadable is not (OutOfMemoryException or OperationCanceledException))
            {
                // Read meets the same picture again and reports it with its name.
                image = null;
            }
            if (image is not null)
                sizes.Add((image.Width, image.Height));
        }
        return sizes;
    }

    private static long CountRows(IDataView input, CancellationToken cancellation)
    {
        if (input.GetRowCount() is { } known)
            return known;
        long rows = 0;
        using DataViewRowCursor cursor = input.GetRowCursor([]);
        while (cursor.MoveNext())
        {
            if (rows++ % CancellationStride == 0)
                cancellation.ThrowIfCancellationRequested();
        }
        return rows;
    }
}
