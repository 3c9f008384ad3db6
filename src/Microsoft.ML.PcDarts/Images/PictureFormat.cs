using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>The format of a file, recognized by its first bytes; for messages about files that are not the pictures that their names
/// promise.</summary>
/// <param name="Name">The format with its article, such as "a HEIC picture".</param>
/// <param name="Remedy">What to do, as an imperative sentence without its period; null for a format that is read.</param>
internal sealed record PictureFormat(string Name, string? Remedy)
{
    /// <summary>As many bytes as <see cref="Of"/> looks at.</summary>
    public const int HeadLength = 512;

    private const string Convert = "convert it to JPEG or PNG";
    private const string Replace = "replace it by a picture, or remove it";
    private const string Unpack = "unpack it and use the pictures in it";

    private static readonly PictureFormat Heic = new("a HEIC picture (iPhones take such)", Convert);
    private static readonly PictureFormat Video = new("a video", "save single frames of it as JPEG or PNG");

    /// <summary>Whether the format is one of those that are read: JPEG, PNG, GIF, WebP, BMP.</summary>
    public bool IsRead => Remedy is null;

    /// <summary>Tells the format.</summary>
    /// <param name="head">The first bytes of the file, <see cref="HeadLength"/> of them or all that there are.</param>
    /// <returns>The format; null where the bytes tell nothing.</returns>
    public static PictureFormat? Of(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
            return new("an empty file", "copy or download it again");
        return ReadFormat(head) ?? OtherPicture(head) ?? Container(head) ?? Stored(head) ?? Text(head);
    }

    private static PictureFormat? ReadFormat(ReadOnlySpan<byte> head) => head switch
    {
        [0xFF, 0xD8, 0xFF, ..] => new("a JPEG picture", null),
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => new("a PNG picture", null),
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => new("a GIF picture", null),
        [(byte)'B', (byte)'M', _, _, _, _, 0, 0, 0, 0, ..] => new("a BMP picture", null),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] =>
            new("a WebP picture", null),
        _ => null,
    };

    private static PictureFormat? OtherPicture(ReadOnlySpan<byte> head) => head switch
    {
        [0x49, 0x49, 0x2A or 0x2B, 0, ..] or [0x4D, 0x4D, 0, 0x2A or 0x2B, ..] => new("a TIFF picture or a camera's raw file", Convert),
        [0, 0, 0, 0x0C, (byte)'J', (byte)'X', (byte)'L', (byte)' ', ..] or [0xFF, 0x0A, ..] => new("a JPEG XL picture", Convert),
        [0, 0, 0, 0x0C, (byte)'j', (byte)'P', (byte)' ', (byte)' ', ..] or [0xFF, 0x4F, 0xFF, 0x51, ..] =>
            new("a JPEG 2000 picture", Convert),
        [0xFF, 0xD8, ..] => new("a damaged JPEG picture", "copy or download it again"),
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => new("a Photoshop file", Convert),
        [(byte)'g', (byte)'i', (byte)'m', (byte)'p', (byte)' ', ..] => new("a GIMP file", Convert),
        [0, 0, 1, 0, ..] or [0, 0, 2, 0, ..] => new("a Windows icon or cursor", Convert),
        [(byte)'D', (byte)'D', (byte)'S', (byte)' ', ..] => new("a DirectDraw texture", Convert),
        [0x76, 0x2F, 0x31, 0x01, ..] => new("an OpenEXR picture", Convert),
        [(byte)'P', >= (byte)'1' and <= (byte)'7', (byte)'\n' or (byte)' ' or (byte)'\r', ..] =>
            new("a PBM, PGM, PPM or PAM picture", Convert),
        [(byte)'F', (byte)'U', (byte)'J', (byte)'I', (byte)'F', (byte)'I', (byte)'L', (byte)'M', ..] => new("a camera's raw file", Convert),
        [(byte)'I', (byte)'I', (byte)'R' or (byte)'U', _, ..] => new("a camera's raw file", Convert),
        _ when At(head, 128, "DICM"u8) => new("a DICOM file", Convert),
        _ when At(head, 0, "SIMPLE  ="u8) => new("a FITS file", Convert),
        _ => null,
    };

    // ISO base media files name what they are by a brand at byte 8.
    private static PictureFormat? Container(ReadOnlySpan<byte> head)
    {
        if (!At(head, 4, "ftyp"u8) || head.Length < 12)
            return null;
        ReadOnlySpan<byte> brand = head[8..12];
        if (brand.SequenceEqual("avif"u8) || brand.SequenceEqual("avis"u8))
            return new("an AVIF picture", Convert);
        if (brand.SequenceEqual("crx "u8))
            return new("a camera's raw file", Convert);
        if (brand.SequenceEqual("jxl "u8))
            return new("a JPEG XL picture", Convert);
        if (brand.StartsWith("hei"u8) || brand.StartsWith("hev"u8))
            return Heic;
        if (!brand.SequenceEqual("mif1"u8) && !brand.SequenceEqual("msf1"u8))
            return Video;
        // The general brand: the compatible ones that follow say which.
        int end = Math.Min(head.Length, (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(head), HeadLength));
        return end > 12 && head[12..end].IndexOf("avif"u8) >= 0 ? new("an AVIF picture", Convert) : Heic;
    }

    private static PictureFormat? Stored(ReadOnlySpan<byte> head) => head switch
    {
        [(byte)'P', (byte)'K', 3 or 5, 4 or 6, ..] => new("a ZIP archive or an Office document", Unpack),
        [0x1F, 0x8B, ..] => new("a gzip file", Unpack),
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => new("an xz file", Unpack),
        [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => new("a 7-Zip archive", Unpack),
        [(byte)'R', (byte)'a', (byte)'r', (byte)'!', ..] => new("a RAR archive", Unpack),
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => new("a PDF document", "save its pictures as JPEG or PNG"),
        [(byte)'%', (byte)'!', (byte)'P', (byte)'S', ..] => new("a PostScript file", Convert),
        [0x00, 0x05, 0x16, 0x07, ..] => new("a file in which macOS keeps attributes of another (AppleDouble)", "remove it"),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => Video,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] => new("an AVI video or a sound", Replace),
        [(byte)'I', (byte)'D', (byte)'3', ..] or [(byte)'O', (byte)'g', (byte)'g', (byte)'S', ..] => new("a sound", Replace),
        [0x7F, (byte)'E', (byte)'L', (byte)'F', ..] or [(byte)'M', (byte)'Z', ..] => new("a program", Replace),
        [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => new("an HDF5 file", Replace),
        _ when head.Length >= 16 && head.IndexOfAnyExcept((byte)0) < 0 =>
            new("a file of zeros, as an interrupted copy leaves it", "copy or download it again"),
        _ => null,
    };

    private static PictureFormat? Text(ReadOnlySpan<byte> head)
    {
        string text;
        try
        {
            // The last character may be cut.
            ReadOnlySpan<byte> whole = head;
            for (int cut = 0; cut < 3 && whole.Length > 1 && whole[^1] >= 0x80; cut++)
                whole = whole[..^1];
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(whole).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        }
        catch (ArgumentException)
        {
            return null;
        }
        if (text.Any(character => char.IsControl(character) && character is not ('\t' or '\r' or '\n' or '\f')))
            return null;
        if (text.StartsWith("version https://git-lfs", StringComparison.Ordinal)
            || text.StartsWith("version https://hawser", StringComparison.Ordinal))
            return new("a Git LFS pointer instead of the picture", "run 'git lfs pull' in its repository");
        if (text.Contains("/annex/objects/", StringComparison.Ordinal))
            return new("a git-annex pointer instead of the picture", "run 'git annex get' in its repository");
        if (text.Contains("<svg", StringComparison.OrdinalIgnoreCase))
            return new("an SVG drawing", Convert);
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return new("a web page (HTML), as a failed download leaves it", "download the picture again");
        if (text.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase))
            return new("a picture encoded as text (a data: URL)", "decode it to a file of bytes");
        return new(text.StartsWith('<') ? "an XML file" : "a text file", Replace);
    }

    private static bool At(ReadOnlySpan<byte> head, int position, ReadOnlySpan<byte> bytes)
        => head.Length >= position + bytes.Length && head.Slice(position, bytes.Length).SequenceEqual(bytes);
}
