using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Net.Sockets;
using System.Text;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Clients that cost a server as much as they can.</summary>
internal sealed class ServeAbuse(Uri address)
{
    private const int BodyBytes = 20 << 20;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(300);
    private readonly ConcurrentDictionary<int, int> _statuses = [];

    /// <summary>Answers by status; 0 stands for a connection without an answer.</summary>
    public IReadOnlyDictionary<int, int> Statuses => _statuses;

    /// <summary>Bodies that announce 20 MiB and come with 300 bytes a second, half of them after a quick beginning.</summary>
    public Task SlowAsync(int clients, CancellationToken end)
        => Task.WhenAll(Enumerable.Range(0, clients).Select(client => RepeatAsync(async () =>
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(address.Host, address.Port, end);
            NetworkStream stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"POST /predict HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: image/png\r\nContent-Length: {BodyBytes}\r\n\r\n")),
                end);
            await stream.WriteAsync(new byte[client % 2 == 0 ? 100 : 100_000], end);
            byte[] answer = new byte[12];
            Task answered = stream.ReadExactlyAsync(answer, end).AsTask();
            while (await Task.WhenAny(answered, Task.Delay(Beat, end)) != answered && !end.IsCancellationRequested)
                await stream.WriteAsync(new byte[100], end);
            await answered;
            return int.Parse(Encoding.ASCII.GetString(answer, 9, 3), CultureInfo.InvariantCulture);
        }, end)));

    /// <summary>Pictures of 50 megapixels in a few kilobytes: alone, and as batches of 64.</summary>
    public Task BombsAsync(int clients, CancellationToken end)
    {
        byte[] bomb = Png(7000, 7142);
        return Task.WhenAll(Enumerable.Range(0, clients)
            .Select(client => PostAsync(client % 2 == 0 ? "/predict" : "/predict/batch",
                () => client % 2 == 0 ? new ByteArrayContent(bomb) : Batch(bomb), end)));
    }

    /// <summary>Bodies of the largest size that is allowed, as fast as they go.</summary>
    public Task FullAsync(int clients, CancellationToken end)
    {
        byte[] body = [.. Png(32, 32), .. new byte[BodyBytes - 1000]];
        return Task.WhenAll(Enumerable.Range(0, clients).Select(_ => PostAsync("/predict", () => new ByteArrayContent(body), end)));
    }

    private async Task PostAsync(string path, Func<HttpContent> content, CancellationToken end)
    {
        using var client = new HttpClient { BaseAddress = address };
        await RepeatAsync(async () =>
        {
            using HttpContent body = content();
            using HttpResponseMessage response = await client.PostAsync(path, body, end);
            return (int)response.StatusCode;
        }, end);
    }

    private async Task RepeatAsync(Func<Task<int>> ask, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            int status = 0;
            try
            {
                status = await ask();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
            {
                if (end.IsCancellationRequested)
                    return;
            }
            _statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
            if (status is 0 or >= 400)
                await Task.Delay(Beat, CancellationToken.None);
        }
    }

    private static MultipartFormDataContent Batch(byte[] picture)
    {
        var form = new MultipartFormDataContent();
        for (int i = 0; i < 64; i++)
            form.Add(new ByteArrayContent(picture), "file", $"{i}.png");
        return form;
    }

    // Black, with one bit a pixel.
    private static byte[] Png(int width, int height)
    {
        using var rows = new MemoryStream();
        using (var zip = new ZLibStream(rows, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            byte[] row = new byte[1 + (width + 7) / 8];
            for (int y = 0; y < height; y++)
                zip.Write(row);
        }
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 1;
        return [0x89, .. "PNG\r\n\x1A\n"u8, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, rows.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        byte[] chunk = new byte[12 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        type.CopyTo(chunk.AsSpan(4));
        content.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), Crc32.HashToUInt32(chunk.AsSpan(4, 4 + content.Length)));
        return chunk;
    }
}
