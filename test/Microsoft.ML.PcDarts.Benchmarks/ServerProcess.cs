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
    /// <param name="cage">Limits its memory; null for no limit.</param>
    /// <exception cref="InvalidOperationException">It ended before it listened.</exception>
    public ServerProcess(string program, string model, MemoryCage? cage = null)
    {
        string[] host = program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", "exec", program] : [program];
        string[] arguments = [.. host[1..], "--model", model, "--urls", "http://127.0.0.1:0"];
        ProcessStartInfo start = new(host[0], arguments) { RedirectStandardOutput = true };
        _process = Process.Start(cage?.Enclose(start) ?? start)!;
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

    /// <summary>Largest resident memory so far; not known everywhere.</summary>
    public double PeakMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64 / 1e6;
        }
    }

    public bool HasExited => _process.HasExited;

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address} ({_process.Id})");
}
