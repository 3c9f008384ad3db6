using System.Runtime.InteropServices;

namespace PcDarts.Cli;

/// <summary>
/// The handling of Ctrl-C and SIGTERM. The first one cancels. A command that keeps its work gets the time that takes; any other is ended by
/// the signal unless it ends by itself within two seconds, as it does where it waits for nothing. A second signal ends the process at once.
/// Unfinished files are deleted in each case.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Neither is disposed: a signal may arrive at any time, and both are garbage without it.
    private readonly CancellationTokenSource _source = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _signals;
    private volatile bool _keepsWork;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Cancel(context, 130));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Cancel(context, 143));
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The shell's convention: 128 plus the number of the signal.</summary>
    public int ExitCode { get; private set; } = 130;

    /// <summary>Whether the command has work to save once it is cancelled, such as a checkpoint.</summary>
    public bool KeepsWork
    {
        get => _keepsWork;
        set => _keepsWork = value;
    }

    public void Dispose()
    {
        _ended.Set();
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    // Each signal has a thread of its own.
    private void Cancel(PosixSignalContext context, int exitCode)
    {
        if (Interlocked.Increment(ref _signals) == 1)
        {
            ExitCode = exitCode;
            _source.Cancel();
            if (KeepsWork || _ended.Wait(Patience))
            {
                context.Cancel = true;
                return;
            }
        }

        UnfinishedFiles.DeleteForGood();
    }
}
