using Microsoft.AspNetCore.Http;

namespace PcDarts.Web.Budget;

/// <summary>
/// The share of the budget that one predicting request holds: its time, the bytes of its body, a place among those that are answered, and
/// rights to decode.
/// </summary>
internal sealed class RequestShare : IDisposable
{
    private readonly ServingBudget _budget;
    private readonly HttpContext _context;
    private readonly CancellationTokenSource _end;
    private bool _answering;
    private long _pixels; // of pictures without an answer

    public RequestShare(ServingBudget budget, HttpContext context)
    {
        _budget = budget;
        _context = context;
        Client = ClientAddress.Of(context.Connection.RemoteIpAddress);
        _end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        _end.CancelAfter(TimeSpan.FromSeconds(budget.Options.RequestTimeoutSeconds));
        Bytes = new ReceivingShare(budget, Client, context.Request.ContentLength ?? budget.Options.MaxRequestBytes, _end.Token);
        Body = new ReceivingStream(context.Request.BodyReader, Bytes);
    }

    public string Client { get; }

    public ReceivingShare Bytes { get; }

    /// <summary>The request's body.</summary>
    public Stream Body { get; }

    /// <summary>Ends with the request's time, or when its client has gone.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>The body is there; from now on the client waits for the server.</summary>
    /// <param name="kept">Bytes of its pictures.</param>
    /// <param name="pixels">Pixels of its pictures.</param>
    /// <exception cref="RejectedException">These are too many, or too much waits already.</exception>
    public void BeginAnswering(long kept, long pixels)
    {
        Bytes.Complete(kept);
        _budget.EnterQueue(pixels);
        (_answering, _pixels) = (true, pixels);
    }

    /// <summary>A picture has its answer.</summary>
    public void Release(long bytes, long pixels)
    {
        Bytes.Release(bytes);
        Interlocked.Add(ref _pixels, -pixels);
        _budget.ReleasePixels(pixels);
    }

    /// <summary>The right to decode and score a picture; given back when it is disposed.</summary>
    public Task<FairShare.Portion> DecodeAsync(long pixels) => _budget.DecodeAsync(Client, pixels, Token);

    /// <summary>Answers, and says what was at fault where that did not end in time.</summary>
    /// <exception cref="RejectedException">408 where the client was too slow, 503 where the server was.</exception>
    public async Task<T> WithinTimeAsync<T>(Func<Task<T>> answer)
    {
        try
        {
            return await answer();
        }
        catch (OperationCanceledException) when (Bytes.WasCutOff)
        {
            throw Bytes.TooSlow();
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested && !_context.RequestAborted.IsCancellationRequested)
        {
            int seconds = _budget.Options.RequestTimeoutSeconds;
            throw _answering || Bytes.Waits
                ? new RejectedException(StatusCodes.Status503ServiceUnavailable, "The server is busy",
                    $"The request had no turn within {seconds} seconds; send it again when there is less to do.")
                { RetryAfterSeconds = 5 }
                : new RejectedException(StatusCodes.Status408RequestTimeout, "The request took too long",
                    $"Its body was not received within {seconds} seconds; send it again, faster or smaller.");
        }
    }

    public void Dispose()
    {
        if (_answering)
        {
            _budget.ReleasePixels(Interlocked.Exchange(ref _pixels, 0));
            _budget.LeaveQueue();
        }
        Body.Dispose();
        Bytes.Dispose();
        _end.Dispose();
    }
}
