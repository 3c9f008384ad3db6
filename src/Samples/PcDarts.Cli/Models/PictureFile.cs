using Microsoft.ML.PcDarts;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Models;

/// <summary>Finds picture files and says what is wrong with one.</summary>
internal static class PictureFile
{
    /// <summary>
    /// Replaces folders by the picture files in them, as <c>LoadImageFolder</c> finds them too; files are kept whatever their names.
    /// </summary>
    /// <param name="terminal">Where to say what is left out.</param>
    /// <param name="paths">Files and folders.</param>
    public static IEnumerable<string> Expand(Terminal terminal, IEnumerable<string> paths) => paths.SelectMany(path =>
    {
        if (!Directory.Exists(path))
            return [path];
        PcDartsPictureFiles found = PcDartsPictureFiles.Find(path);
        foreach (string warning in found.Warnings)
            terminal.Warn(warning);
        if (terminal.Verbose)
            terminal.Print(found.Note);
        return found.Paths.Select(file => Path.Combine(path, Path.GetRelativePath(found.Folder, file)));
    });

    /// <summary>Why each of the files cannot be used as a picture, as a sentence; null for those that can.</summary>
    public static string?[] Problems(IReadOnlyList<string> paths, int? maximumPixels, CancellationToken cancellation)
    {
        string?[] problems = new string?[paths.Count];
        ParallelOptions parallel = new() { CancellationToken = cancellation };
        Parallel.For(0, paths.Count, parallel, i => problems[i] = maximumPixels is { } most
            ? PcDartsPictureFiles.ProblemOf(paths[i], most, cancellation)
            : PcDartsPictureFiles.ProblemOf(paths[i], cancellation: cancellation));
        return problems;
    }
}
