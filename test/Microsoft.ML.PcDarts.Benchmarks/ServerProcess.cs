using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>PcDarts.Web on a free port of the loopback.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const string Listening = "Now listening on: ";
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Process _process;

    /// <param name="program">A .dll for dotnet, or a program.</param>
    /// <param name="model">The model.zip.</param>
    /// <exception cref="InvalidOperationException">It ended before it listened.</exception>
    public ServerProcess(string program, string model)
    {
        string[] host = program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", "exec", program] : [program];
        string[] arguments = [.. host[1..], "--model", model, "--urls", "http://127.0.0.1:0"];
        _process = Process.Start(new ProcessStartInfo(host[0], arguments) { RedirectStandardOutput = true })!;
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            int at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at < 0)
                continue;
            Address = new Uri(line[(at + Listening.Length)..].Trim());
            // Its log must not fill the pipe.
            _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return;
        }
        _process.WaitForExit();
        throw new InvalidOperationException($"{program} ended with code {_process.ExitCode}.");
    }

    public Uri Address { get; } = null!;

    /// <summary>Time since it was started.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_started);

    /// <summary>Resident memory.</summary>
    public double Megabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address} ({_process.Id})");
}
