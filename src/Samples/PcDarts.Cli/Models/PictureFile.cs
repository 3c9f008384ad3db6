using SkiaSharp;

namespace PcDarts.Cli.Models;

/// <summary>Finds picture files and says what is wrong with one.</summary>
internal static class PictureFile
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"];

    /// <summary>Replaces folders by the picture files in them, in ordinal order; files are kept whatever their names.</summary>
    public static IEnumerable<string> Expand(IEnumerable<string> paths) => paths.SelectMany(path => Directory.Exists(path) ? Pictures(path) : [path]);

    private static IEnumerable<string> Pictures(string folder) => Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true })
        .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
        .Order(StringComparer.Ordinal);

    /// <summary>Why the file cannot be used as a picture; null when it decodes to its last row.</summary>
    public static string? Problem(string path)
    {
        if (!File.Exists(path))
            return "there is no such file";
        try
        {
            using FileStream file = File.OpenRead(path);
            using SKCodec? codec = SKCodec.Create(file, out SKCodecResult opened);
            if (codec is null)
                return $"it is not a picture that can be decoded ({opened})";
            using SKBitmap bitmap = new(codec.Info);
            SKCodecResult decoded = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
            return decoded == SKCodecResult.Success ? null : $"it is corrupt or cut short ({decoded})";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }

    /// <summary>Throws a message that names the first bad file, if there is one.</summary>
    public static void CheckAll(IReadOnlyList<string> paths)
    {
        string?[] problems = new string?[paths.Count];
        Parallel.For(0, paths.Count, i => problems[i] = Problem(paths[i]));
        int bad = Array.FindIndex(problems, problem => problem is not null);
        if (bad >= 0)
            throw new UserException($"The picture '{paths[bad]}' cannot be read: {problems[bad]}. Remove or replace it ({problems.Count(problem => problem is not null)} such files).");
    }
}
