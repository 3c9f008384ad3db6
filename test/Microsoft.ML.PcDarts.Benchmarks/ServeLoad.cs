using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Clients that send pictures one after another and check each answer.</summary>
internal sealed class ServeLoad(Uri address, ServeModels models) : IDisposable
{
    private const float Tolerance = 1e-5f;
    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1024 }) { BaseAddress = address };
    private ConcurrentQueue<double> _milliseconds = [];
    private int _wrong;
    private int _refused;
    private int _serverErrors;
    private int _lost;

    /// <summary>Answers that are not those of the model which they name.</summary>
    public int WrongAnswers => _wrong;

    /// <summary>Statuses 300 to 499.</summary>
    public int Refusals => _refused;

    /// <summary>Statuses from 500.</summary>
    public int ServerErrors => _serverErrors;

    /// <summary>Requests without any answer.</summary>
    public int Lost => _lost;

    /// <summary>Forgets the times, not the failures.</summary>
    public void Forget() => _milliseconds = [];

    /// <summary>Asks until there is an answer.</summary>
    public Task FirstAnswerAsync() => AskAsync(0);

    /// <summary>The model that answers now.</summary>
    public async Task<string> ServedModelAsync() => (string)JsonNode.Parse(await _client.GetStringAsync("/healthz"))!["model"]!;

    public async Task<LoadResult> RunAsync(int clients, TimeSpan time) => (await RunWhileAsync(clients, async () =>
    {
        await Task.Delay(time);
        return 0;
    })).Load;

    /// <summary>Keeps all clients busy until the work is done.</summary>
    public async Task<(LoadResult Load, T Result)> RunWhileAsync<T>(int clients, Func<Task<T>> work)
    {
        using var end = new CancellationTokenSource();
        long started = Stopwatch.GetTimestamp();
        Task[] all = [.. Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            for (int i = client; !end.IsCancellationRequested; i++)
                await AskAsync(i % models.Count);
        }))];
        T result = await work();
        await end.CancelAsync();
        await Task.WhenAll(all);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        double[] sorted = [.. _milliseconds.Order()];
        return (new LoadResult(sorted.Length, sorted.Length / elapsed.TotalSeconds, At(0.5), At(0.95), At(0.99)), result);

        double At(double share) => sorted.Length == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Length - 1, share * sorted.Length)];
    }

    public void Dispose() => _client.Dispose();

    private async Task AskAsync(int picture)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            using var body = new ByteArrayContent(models.Picture(picture));
            using HttpResponseMessage response = await _client.PostAsync("/predict?top=10", body);
            string text = await response.Content.ReadAsStringAsync();
            _milliseconds.Enqueue(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (response.StatusCode != HttpStatusCode.OK)
                Interlocked.Increment(ref (int)response.StatusCode >= 500 ? ref _serverErrors : ref _refused);
            else if (!IsRight(picture, JsonNode.Parse(text)!))
                Interlocked.Increment(ref _wrong);
        }
        catch (HttpRequestException)
        {
            Interlocked.Increment(ref _lost);
        }
    }

    private bool IsRight(int picture, JsonNode answer)
    {
        if (!models.Expected.TryGetValue((string)answer["model"]!, out Dictionary<string, float>[]? expected))
            return false;
        JsonArray top = answer["top"]!.AsArray();
        return top.Count == expected[picture].Count && (string?)top[0]!["label"] == (string?)answer["label"]
            && top.All(pair => Math.Abs(expected[picture][(string)pair!["label"]!] - (float)pair["probability"]!) <= Tolerance);
    }
}

/// <summary>Answers and their times in milliseconds.</summary>
internal sealed record LoadResult(int Rows, double RowsPerSecond, double P50, double P95, double P99);
