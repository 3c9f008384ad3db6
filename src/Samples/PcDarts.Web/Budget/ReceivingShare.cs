using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace PcDarts.Web.Budget;

/// <summary>The bytes of one request's body while it is received and until its pictures are answered.</summary>
/// <param name="budget">What the bytes are taken from.</param>
/// <param name="client">Who sends.</param>
/// <param name="length">The length that the client announced; the largest that is allowed if it announced none.</param>
/// <param name="cancellation">Ends the request.</param>
internal sealed class ReceivingShare(ServingBudget budget, string client, long length, CancellationToken cancellation) : IDisposable
{
    /// <summary>
    /// For so long the rate of a body does not count after it has taken its bytes, and others wait before they look at it.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    private readonly Lock _gate = new();
    private FairShare.Portion? _portion;
    private long _takenAt; // when the portion was taken
    private long _since; // bytes received since then
    private long _received;
    private long _kept;

    /// <summary>Ends the reading: with the request, or because the body comes too slowly.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Whether the body came too slowly while others waited.</summary>
    public bool WasCutOff { get; private set; }

    /// <summary>Whether the server is what the client waits for.</summary>
    public bool Waits { get; private set; }

    public double BytesPerSecond => Interlocked.Read(ref _since) / Math.Max(Stopwatch.GetElapsedTime(_takenAt).TotalSeconds, 1e-3);

    /// <summary>Whether the rest of the body would come after the request's time, at the rate it has had so far.</summary>
    public bool ComesTooSlowly => !WasCutOff && Stopwatch.GetElapsedTime(_takenAt) > Grace && BytesPerSecond < LeastRate;

    private double LeastRate => (double)length / budget.Options.RequestTimeoutSeconds;

    /// <summary>Waits until so many more bytes may be read.</summary>
    public async ValueTask ReserveAsync(int bytes)
    {
        if (_portion is not null || length <= ServingBudget.FreeBytes || _received + bytes <= ServingBudget.FreeBytes)
            return;
        Waits = true;
        _portion = await budget.TakeBytesAsync(client, length, Token);
        Waits = false;
        _takenAt = Stopwatch.GetTimestamp();
        budget.BeginReceiving(this);
    }

    /// <summary>Counts bytes that were read.</summary>
    public void Add(int bytes)
    {
        _received += bytes;
        if (_portion is not null)
            Interlocked.Add(ref _since, bytes);
    }

    /// <summary>The whole body is there: what goes beyond the bytes that are kept goes back.</summary>
    public void Complete(long kept)
    {
        budget.EndReceiving(this);
        _kept = kept;
        _portion?.ShrinkTo(kept);
    }

    /// <summary>Gives back bytes that are no longer kept.</summary>
    public void Release(long bytes)
    {
        lock (_gate)
            _portion?.ShrinkTo(_kept -= bytes);
    }

    /// <summary>Ends the reading in favor of others.</summary>
    public void CutOff()
    {
        WasCutOff = true;
        _ = _end.CancelAsync();
    }

    /// <summary>The answer to a client whose body was cut off.</summary>
    public RejectedException TooSlow()
        => new(StatusCodes.Status408RequestTimeout, "The body comes too slowly", string.Create(CultureInfo.InvariantCulture,
        $"It came at {BytesPerSecond:F0} bytes a second while others waited; {LeastRate:F0} are needed for {length} bytes "
            + $"in {budget.Options.RequestTimeoutSeconds} seconds. Send it again, faster or smaller."));

    public void Dispose()
    {
        budget.EndReceiving(this);
        _portion?.Dispose();
        _end.Dispose();
    }
}
