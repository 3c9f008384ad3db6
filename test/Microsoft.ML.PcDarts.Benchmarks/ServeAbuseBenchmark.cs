using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// PcDarts.Web in limited memory while clients abuse it in one way after another: what becomes of the others, whose every answer is
/// checked.
/// </summary>
internal static class ServeAbuseBenchmark
{
    private const int GoodClients = 4;

    public static System.CommandLine.Command Create()
    {
        Option<int> seconds = new("--seconds") { DefaultValueFactory = _ => 20, Description = "Seconds of each kind of abuse." };
        Option<int> clients = new("--clients") { DefaultValueFactory = _ => 64, Description = "Abusive clients at the same time." };
        Option<int> megabytes = new("--megabytes") { DefaultValueFactory = _ => 1024, Description = "Memory of the server in MiB." };
        Option<string> server = new("--server")
        {
            DefaultValueFactory = _ => ServeBenchmark.BuiltServer(),
            Description = "PcDarts.Web.dll, or the program in a published folder.",
            HelpName = "FILE",
        };
        var command = new System.CommandLine.Command("serve-abuse",
            "Answers of PcDarts.Web under slow clients, picture bombs and full-size bodies, in limited memory.")
        {
            seconds, clients, megabytes, server,
        };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(seconds), parsed.GetValue(clients),
            (long)parsed.GetValue(megabytes) << 20, Path.GetFullPath(parsed.GetValue(server)!)));
        return command;
    }

    private static async Task<int> RunAsync(int seconds, int clients, long bytes, string program)
    {
        using var models = new ServeModels(new NetworkShape { InitialChannels = 8, Layers = 5, Classes = 10 });
        using var cage = new MemoryCage(bytes);
        using var server = new ServerProcess(program, models.Served, cage);
        using var load = new ServeLoad(server.Address, models);
        await load.FirstAnswerAsync();
        await load.RunAsync(GoodClients, TimeSpan.FromSeconds(1)); // warms up
        Dictionary<string, object> results = [];
        int serverErrors = 0;
        double worst = 0;
        foreach ((string name, Func<ServeAbuse, CancellationToken, Task> attack) in new (string,
            Func<ServeAbuse, CancellationToken, Task>)[]
            {
                ("slow", (abuse, end) => abuse.SlowAsync(clients, end)),
                ("bombs", (abuse, end) => abuse.BombsAsync(Math.Max(2, clients / 8), end)),
                ("full", (abuse, end) => abuse.FullAsync(clients, end)),
            })
        {
            load.Forget();
            var abuse = new ServeAbuse(server.Address);
            using var end = new CancellationTokenSource();
            Task attacking = attack(abuse, end.Token);
            (LoadResult good, _) = await load.RunWhileAsync(GoodClients, async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds));
                await end.CancelAsync();
                return 0;
            });
            await attacking;
            serverErrors += abuse.Statuses.Where(pair => pair.Key >= 500).Sum(pair => pair.Value);
            worst = Math.Max(worst, good.P99);
            results[name] = new
            {
                good = good.Rows, p50Milliseconds = good.P50, p99Milliseconds = good.P99,
                abusiveByStatus = abuse.Statuses.OrderBy(pair => pair.Key).ToDictionary()
            };
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}: {good.Rows} good answers, p50 {good.P50:F0} ms, p99 {good.P99:F0} ms; "
                    + $"abusive: {string.Join(", ", abuse.Statuses.OrderBy(pair => pair.Key).Select(pair => $"{pair.Value} "
                        + $"× {pair.Key}"))}; memory {server.Megabytes:F0} MB"));
        }
        bool alive = !server.HasExited;
        double peak = cage.PeakMegabytes ?? server.PeakMegabytes;
        serverErrors += load.ServerErrors + (alive ? 0 : 1);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            seconds, clients, memoryLimitMegabytes = bytes / 1e6, memoryLimit = cage.Kind, peakMegabytes = peak,
            peakResidentMegabytes = alive ? server.PeakMegabytes : (double?)null, alive,
            worstP99Milliseconds = worst, goodWrong = load.WrongAnswers, goodRefused = load.Refusals, goodLost = load.Lost,
            serverErrors, results,
        }));
        return load.WrongAnswers + load.Refusals + load.Lost + serverErrors == 0 && alive ? 0 : 1;
    }
}
