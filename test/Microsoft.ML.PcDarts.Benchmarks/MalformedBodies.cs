using System.Buffers.Binary;
using System.Net.Http.Headers;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Bodies that are no pictures, each in its own way; the same for each seed.</summary>
internal static class MalformedBodies
{
    private const int AtOnce = 16;

    /// <summary>Sends bodies to /predict.</summary>
    /// <returns>How many got which status; 0 stands for a connection that broke.</returns>
    public static async Task<IReadOnlyDictionary<int, int>> SendAsync(Uri address, int count, byte[] picture)
    {
        using var client = new HttpClient { BaseAddress = address };
        int[] statuses = new int[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, cancellation) =>
        {
            (byte[] bytes, string type) = Make(i, picture);
            using var body = new ByteArrayContent(bytes);
            body.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            try
            {
                using HttpResponseMessage response = await client.PostAsync("/predict", body, cancellation);
                statuses[i] = (int)response.StatusCode;
            }
            catch (HttpRequestException)
            {
                statuses[i] = 0;
            }
        });
        return statuses.CountBy(status => status).ToDictionary();
    }

    private static (byte[] Body, string Type) Make(int seed, byte[] picture)
    {
        var random = new Random(seed);
        switch (seed % 8)
        {
            case 0:
                byte[] noise = new byte[random.Next(1, 5000)];
                random.NextBytes(noise);
                return (noise, "image/png");
            case 1:
                return (picture[..random.Next(0, picture.Length / 2)], "image/jpeg");
            case 2:
                return ([], "image/png");
            case 3:
                return ("{\"picture\": 1}"u8.ToArray(), "application/json");
            case 4:
                return (Bomb(random.Next(20_000, 65_000)), "image/bmp");
            case 5:
                return ([.. picture[..4], .. new byte[random.Next(10, 3000)]], "application/octet-stream");
            case 6:
                return ([.. "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n"u8,
                    .. picture[..random.Next(0, picture.Length)]], "multipart/form-data; boundary=x");
            default:
                return (new byte[25 << 20], "image/png");
        }
    }

    // A bitmap whose header promises billions of pixels.
    private static byte[] Bomb(int side)
    {
        byte[] file = new byte[200];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), int.MaxValue);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), 54);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), side);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), side);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), 24);
        return file;
    }
}
