using System.Buffers.Binary;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Platform;
using SkiaSharp;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>Facts about a picture from its file.</summary>
internal static class PictureFile
{
    /// <summary>Why a picture for which <see cref="IsWhole"/> is false cannot be used.</summary>
    public const string CutShort = "is cut short or damaged";

    private const int TailLength = 12;

    /// <summary>Endings of the names of pictures that ML.NET decodes, in ordinal order.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".webp"];

    private static readonly string[] Archives = [".zip", ".tar", ".tgz", ".gz", ".xz", ".bz2", ".7z", ".rar", ".zst"];

    /// <summary><see cref="Extensions"/> as a text.</summary>
    public static string ExtensionList { get; } = $"{string.Join(", ", Extensions.SkipLast(1))} or {Extensions[^1]}";

    /// <summary>Whether the name ends like a format that ML.NET decodes, in any case.</summary>
    public static bool HasPictureExtension(string path)
    {
        string extension = Path.GetExtension(path);
        return Extensions.Contains(extension, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Whether the name ends like that of packed files.</summary>
    public static bool IsArchive(string path) => Archives.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a picture cannot be used, as the end of a sentence that begins with its name.</summary>
    /// <param name="cause">What was thrown when it was decoded.</param>
    /// <param name="path">Its file, if it is known.</param>
    public static string ReasonOf(Exception cause, string? path)
    {
        if (path is not null && FileType.ProblemOf(path) is { } problem)
            return problem;
        return cause is FileNotFoundException or DirectoryNotFoundException ? "does not exist"
            : cause is UnauthorizedAccessException or IOException ? $"cannot be read ({cause.Message})"
            : path is null ? $"cannot be decoded ({cause.Message})"
            : PictureHeader.Undecodable(PictureHeader.HeadOf(path));
    }

    /// <summary>Decodes a picture.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="maximumPixels">Most pixels that it may have.</param>
    /// <param name="cancellation">Stops the waiting for memory.</param>
    /// <returns>The picture; the caller disposes it.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no picture, is damaged or too large; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="InsufficientMemoryException">The memory that is free does not suffice.</exception>
    public static DecodedPicture Decode(string path, int maximumPixels, CancellationToken cancellation)
    {
        PictureHeader? header = PictureHeader.Read(path, maximumPixels, out string? problem);
        if (header is null)
            throw FileType.IsMissing(problem!)
                ? new FileNotFoundException($"The picture '{path}' {problem}.", path)
                : new InvalidDataException($"The picture '{path}' {problem}.");

        DecodingMemory.Lease lease = DecodingMemory.Shared.Enter(header, path, cancellation);
        try
        {
            if (!IsWhole(path))
                throw new InvalidDataException($"The picture '{path}' {CutShort}.");
            return new DecodedPicture(MLImage.CreateFromFile(path), header.IsTurned, lease);
        }
        catch (Exception cause)
        {
            lease.Dispose();
            if (cause is OutOfMemoryException or InvalidDataException or IOException or UnauthorizedAccessException)
                throw;
            throw new InvalidDataException($"The picture '{path}' {ReasonOf(cause, path)}.", cause);
        }
    }

    /// <summary>
    /// Whether the file of a picture that was decoded is complete. The decoder fills the missing part of a truncated JPEG or PNG in
    /// silence, so its end is looked at, and where that is unusual, the file is decoded once more and the verdict asked for.
    /// </summary>
    /// <param name="path">The file; null or a name that is no file counts as whole.</param>
    public static bool IsWhole(string? path)
    {
        if (string.IsNullOrEmpty(path) || !File.Exists(path))
            return true;
        return EndsAsItShould(path) || DecodesFully(path);
    }

    private static bool EndsAsItShould(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        long length = RandomAccess.GetLength(file);
        if (length < 2 * TailLength)
            return false;
        Span<byte> head = stackalloc byte[TailLength];
        Span<byte> tail = stackalloc byte[TailLength];
        if (RandomAccess.Read(file, head, 0) != TailLength || RandomAccess.Read(file, tail, length - TailLength) != TailLength)
            return false;
        return head switch
        {
            [0xFF, 0xD8, ..] => tail is [.., 0xFF, 0xD9],
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => tail[4..8].SequenceEqual("IEND"u8),
            [(byte)'G', (byte)'I', (byte)'F', ..] => tail is [.., 0x3B],
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] => BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) + 8L <= length,
            [(byte)'B', (byte)'M', ..] => BinaryPrimitives.ReadUInt32LittleEndian(head[2..]) <= length,
            _ => false,
        };
    }

    private static bool DecodesFully(string path)
    {
        using SKCodec? codec = SKCodec.Create(path);
        if (codec is null)
            return false;
        using SKBitmap bitmap = new(codec.Info);
        return codec.GetPixels(codec.Info, bitmap.GetPixels()) == SKCodecResult.Success;
    }
}
