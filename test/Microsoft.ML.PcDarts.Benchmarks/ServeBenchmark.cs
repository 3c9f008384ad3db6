using System.CommandLine;
using System.Reflection;
using System.Text.Json;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// PcDarts.Web in a process of its own on the loopback: start, many clients for a while, malformed bodies, and the model replaced again and
/// again under load. Every answer is compared with that of the model it names.
/// </summary>
internal static class ServeBenchmark
{
    public static System.CommandLine.Command Create()
    {
        Option<int> clients = new("--clients") { DefaultValueFactory = _ => 64, Description = "Clients at the same time." };
        Option<int> seconds = new("--seconds") { DefaultValueFactory = _ => 30, Description = "Seconds of load." };
        Option<int> malformed = new("--malformed") { DefaultValueFactory = _ => 1000, Description = "Malformed bodies." };
        Option<int> replacements = new("--replacements")
        {
            DefaultValueFactory = _ => 20,
            Description = "Replacements of the model under load.",
        };
        Option<int> channels = new("--channels")
        {
            DefaultValueFactory = _ => 16,
            Description = "Initial channels C of the served network.",
        };
        Option<int> cells = new("--cells") { DefaultValueFactory = _ => 8, Description = "Cells of the served network." };
        Option<string> server = new("--server")
        {
            DefaultValueFactory = _ => BuiltServer(),
            Description = "PcDarts.Web.dll, or the program in a published folder.",
            HelpName = "FILE",
        };
        var command = new System.CommandLine.Command("serve", "Latency, answers, errors and memory of PcDarts.Web under load and abuse.")
        {
            clients, seconds, malformed, replacements, channels, cells, server,
        };
        command.SetAction((parsed, _) =>
        {
            var shape = new NetworkShape { InitialChannels = parsed.GetValue(channels), Layers = parsed.GetValue(cells), Classes = 10 };
            return RunAsync(shape, parsed.GetValue(clients), parsed.GetValue(seconds), parsed.GetValue(malformed),
                parsed.GetValue(replacements), Path.GetFullPath(parsed.GetValue(server)!));
        });
        return command;
    }

    private static async Task<int> RunAsync(NetworkShape shape, int clients, int seconds, int malformed, int replacements, string program)
    {
        using var models = new ServeModels(shape);
        using var server = new ServerProcess(program, models.Served);
        using var load = new ServeLoad(server.Address, models);
        await load.FirstAnswerAsync();
        double coldStart = server.Age.TotalSeconds;
        await load.RunAsync(clients, TimeSpan.FromSeconds(3)); // warms up
        load.Forget();
        double memoryBefore = server.Megabytes;

        LoadResult steady = await load.RunAsync(clients, TimeSpan.FromSeconds(seconds));
        double memorySteady = server.Megabytes;
        Report($"{clients} clients for {seconds} s: {steady.RowsPerSecond:F0} rows/s, p50 {steady.P50:F1} ms, p95 {steady.P95:F1} ms, ",
            $"p99 {steady.P99:F1} ms; memory {memoryBefore:F0} to {memorySteady:F0} MB");

        IReadOnlyDictionary<int, int> refused = await MalformedBodies.SendAsync(server.Address, malformed, models.Picture(0));
        double memoryMalformed = server.Megabytes;
        string statuses = string.Join(", ", refused.OrderBy(pair => pair.Key).Select(pair => $"{pair.Value} × {pair.Key}"));
        Report($"{malformed} malformed bodies: {statuses}; memory {memoryMalformed:F0} MB");

        load.Forget();
        (LoadResult replacing, int takenOver) = await load.RunWhileAsync(clients,
            () => models.ReplaceAsync(replacements, load.ServedModelAsync));
        double memoryAfter = server.Megabytes;
        Report($"{takenOver} of {replacements} replacements under load: {replacing.Rows} answers, p99 {replacing.P99:F1} ms; ",
            $"memory {memoryAfter:F0} MB");

        int serverErrors = load.ServerErrors + refused.Where(pair => pair.Key is 0 or >= 500).Sum(pair => pair.Value);
        int accepted = refused.Where(pair => pair.Key is >= 200 and < 400).Sum(pair => pair.Value);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            coldStartSeconds = coldStart, clients, seconds, rowsPerSecond = steady.RowsPerSecond, p50Milliseconds = steady.P50,
            p95Milliseconds = steady.P95, p99Milliseconds = steady.P99,
            malformed, malformedByStatus = refused, malformedAccepted = accepted, replacements, takenOver,
            p99MillisecondsReplacing = replacing.P99, answers = steady.Rows + replacing.Rows,
            wrongAnswers = load.WrongAnswers, refusals = load.Refusals, lostRequests = load.Lost, serverErrors,
            memoryStartMegabytes = memoryBefore, memorySteadyMegabytes = memorySteady, memoryMalformedMegabytes = memoryMalformed,
            memoryEndMegabytes = memoryAfter,
            serverFolderMegabytes = program.EndsWith(".dll", StringComparison.Ordinal)
                ? (double?)null
                : FolderMegabytes(Path.GetDirectoryName(program)!),
        }));
        return load.WrongAnswers + load.Refusals + load.Lost + serverErrors + accepted == 0 && takenOver == replacements ? 0 : 1;
    }

    private static void Report(params FormattableString[] parts)
        => Console.WriteLine(string.Concat(parts.Select(FormattableString.Invariant)));

    private static double FolderMegabytes(string folder)
        => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) / 1e6;

    public static string BuiltServer()
        => typeof(ServeBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "Web").Value!;
}
