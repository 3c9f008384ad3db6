using System.Runtime.InteropServices;

namespace PcDarts.Cli;

/// <summary>Turns the first Ctrl-C (or SIGTERM) into a cancellation; the second ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Cancel(context, 130));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Cancel(context, 143));
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The shell's convention: 128 plus the number of the signal.</summary>
    public int ExitCode { get; private set; } = 130;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Cancel(PosixSignalContext context, int exitCode)
    {
        if (_source.IsCancellationRequested)
            return;
        context.Cancel = true;
        ExitCode = exitCode;
        _source.Cancel();
    }
}
