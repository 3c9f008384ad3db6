using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace PcDarts.Cli.Models;

/// <summary>
/// SHA-256 of picture files: tells whether two runs have the same pictures at whatever size they are read, and whether two folders share
/// some.
/// </summary>
internal static class PictureHashes
{
    /// <summary>Over the contents and classes of all files, in lower-case hexadecimal; neither their names nor their order count.</summary>
    public static string Of(LabeledFolder folder, CancellationToken cancellation)
    {
        ConcurrentBag<string> lines = [];
        Parallel.ForEach(folder.Rows, new ParallelOptions { CancellationToken = cancellation },
            row => lines.Add($"{Sha256(row.ImagePath) ?? "unreadable"} {row.Label}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Order(StringComparer.Ordinal)))));
    }

    /// <summary>
    /// Pictures of a folder that another folder has too, byte for byte, each with one of that folder. Only files of equal length are read.
    /// </summary>
    public static IReadOnlyList<(string Own, string Other)> Shared(LabeledFolder folder, LabeledFolder other,
        CancellationToken cancellation)
    {
        ILookup<long, string> others = other.Rows.Select(row => row.ImagePath).ToLookup(LengthOf);
        string[] candidates = [.. folder.Rows.Select(row => row.ImagePath)
            .Where(path => LengthOf(path) > 0 && others.Contains(LengthOf(path)))];
        ParallelOptions parallel = new() { CancellationToken = cancellation };
        ConcurrentDictionary<string, string> hashes = [];
        Parallel.ForEach(candidates.Select(LengthOf).Distinct().SelectMany(length => others[length]), parallel, path =>
        {
            if (Sha256(path) is { } hash)
                hashes.TryAdd(hash, path);
        });
        string?[] found = new string?[candidates.Length];
        Parallel.For(0, found.Length, parallel, i => found[i] = Sha256(candidates[i]) is { } hash ? hashes.GetValueOrDefault(hash) : null);
        return [.. candidates.Zip(found).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!))];
    }

    // A file that cannot be read has none: reading the pictures says why.
    private static string? Sha256(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1 << 16);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
