using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>Damages that know something of what they damage.</summary>
internal static partial class Mutations
{
    private static readonly string[] Numbers = ["0", "-1", "1", "2", "7", "255", "65536", "20000000", "2147483647", "2147483648",
        "4294967296", "9223372036854775807", "1e400", "NaN", "\"NaN\"", "0.5", "null", "[]", "{}", "\"\""];

    /// <summary>Flipped bits, a cut, bytes of another place, bytes left out or repeated, numbers that are favourites of bugs.</summary>
    public static byte[] Bytes(byte[] bytes, Random random)
    {
        if (bytes.Length == 0)
            return [(byte)random.Next(256)];
        byte[] result = [.. bytes];
        for (int times = 1 + random.Next(3); times > 0 && result.Length > 0; times--)
        {
            int at = random.Next(result.Length), length = Math.Min(1 + random.Next(1 + random.Next(64)), result.Length - at),
                from = random.Next(result.Length - length + 1);
            switch (random.Next(8))
            {
                case 0 or 1:
                    result[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    result[at] = (byte)random.Next(256);
                    break;
                case 3:
                    result = result[..at];
                    break;
                case 4:
                    result.AsSpan(from, length).ToArray().CopyTo(result.AsSpan(at));
                    break;
                case 5:
                    result = [.. result[..at], .. result[(at + length)..]];
                    break;
                case 6:
                    result = [.. result[..at], .. result[from..(from + length)], .. result[at..]];
                    break;
                default:
                    if (result.Length >= 8)
                        BinaryPrimitives.WriteInt32LittleEndian(result.AsSpan(Math.Min(at, result.Length - 4)),
                            random.Next(4) switch { 0 => -1, 1 => int.MaxValue, 2 => 0, _ => random.Next() });
                    break;
            }
        }

        return result;
    }

    /// <summary>JSON with numbers, words or members replaced, or plain damage.</summary>
    public static string Json(string json, Random random)
    {
        if (random.Next(3) == 0)
            return Encoding.Latin1.GetString(Bytes(Encoding.Latin1.GetBytes(json), random));
        MatchCollection places = (random.Next(3) == 0 ? WordPattern() : NumberPattern()).Matches(json);
        if (places.Count == 0)
            return json;
        Match place = places[random.Next(places.Count)];
        string other = random.Next(3) == 0 ? places[random.Next(places.Count)].Value : Numbers[random.Next(Numbers.Length)];
        return string.Concat(json.AsSpan(0, place.Index), other, json.AsSpan(place.Index + place.Length));
    }

    /// <summary>The entries of a zip.</summary>
    public static Dictionary<string, byte[]> Unzip(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var content = new MemoryStream();
            using Stream stream = entry.Open();
            stream.CopyTo(content);
            return content.ToArray();
        });
    }

    /// <summary>A zip with right checksums, so that damage of its entries reaches those who read them.</summary>
    public static byte[] Zip(IEnumerable<KeyValuePair<string, byte[]>> entries)
    {
        using var content = new MemoryStream();
        using (var zip = new ZipArchive(content, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in entries)
            {
                using Stream entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(bytes);
            }
        }

        return content.ToArray();
    }

    [GeneratedRegex(@"-?\d+(\.\d+)?([eE][-+]?\d+)?")]
    private static partial Regex NumberPattern();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex WordPattern();
}
