using Microsoft.AspNetCore.Http;

namespace PcDarts.Web.Budget;

/// <summary>
/// All that the server gives to its clients, so that no client and no number of them can take what the others need. docs/serving.md has the
/// table of the limits and what each answers.
/// <list type="bullet">
/// <item>Connections: a number in all and a number a client; further ones are closed.</item>
/// <item>Bytes of bodies in memory: the first <see cref="FreeBytes"/> of each are free (bounded by the connections); a larger body first
/// takes its announced length, or waits. A client has at most half of all.</item>
/// <item>Rate: below <see cref="ServingOptions.MinBytesPerSecond"/> Kestrel ends a body; while others wait for bytes, the slowest of those
/// that would not be complete in time is cut off.</item>
/// <item>Requests that are received and not answered: a number of them, and of their pixels; further ones get 429, and one that has more
/// alone 413.</item>
/// <item>Pixels being decoded: small pictures have places of their own, one a core; of the others a number of pixels is decoded at a time.
/// Neither is held while anything is received.</item>
/// <item>Time: <see cref="ServingOptions.RequestTimeoutSeconds"/> a request.</item>
/// </list>
/// Clients take turns for bytes and for pixels.
/// </summary>
internal sealed class ServingBudget(ServingOptions options, ServingMetrics metrics)
{
    /// <summary>Bytes that every body has without asking.</summary>
    public const int FreeBytes = 64 * 1024;

    /// <summary>Pixels up to which a picture is small: it takes some milliseconds and 4 MB to decode.</summary>
    public const long SmallPixels = 1_000_000;

    private readonly FairShare _bytes = new(options.MaxReceivingBytes,
        perClient: Math.Max(options.MaxReceivingBytes / 2, options.MaxRequestBytes));
    private readonly FairShare _largePictures = new(options.MaxDecodingPixels, places: Math.Max(1, options.Cores - 1));
    private readonly FairShare _smallPictures = new(capacity: int.MaxValue, places: options.Cores);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _connections = [];
    private readonly HashSet<ReceivingShare> _receiving = []; // bodies under way that have taken bytes
    private int _allConnections;
    private int _queued;
    private long _queuedPixels;

    public ServingOptions Options => options;

    /// <summary>Bytes that a body can take now.</summary>
    public long BytesLeft => _bytes.Free;

    /// <summary>Counts a new connection.</summary>
    /// <returns>Whether there is room for it; <see cref="Disconnect"/> is called for those only.</returns>
    public bool TryConnect(string client)
    {
        lock (_gate)
        {
            int number = _connections.GetValueOrDefault(client);
            if (_allConnections >= options.MaxConnections || number >= options.MaxConnectionsPerClient)
            {
                metrics.ConnectionsRefused.Inc();
                return false;
            }
            _connections[client] = number + 1;
            _allConnections++;
            return true;
        }
    }

    public void Disconnect(string client)
    {
        lock (_gate)
        {
            _allConnections--;
            if (--_connections[client] == 0)
                _connections.Remove(client);
        }
    }

    /// <summary>The time and the bytes of a predicting request.</summary>
    public RequestShare Begin(HttpContext context) => new(this, context);

    /// <summary>Counts a request that is received and is to be answered.</summary>
    /// <param name="pixels">Pixels of its pictures.</param>
    /// <exception cref="RejectedException">Its pixels are too many, or too much waits already.</exception>
    public void EnterQueue(long pixels)
    {
        if (pixels > options.MaxQueuedPixels)
        {
            throw new RejectedException(StatusCodes.Status413PayloadTooLarge, "Too many pixels",
                $"The pictures have {pixels} pixels together; at most {options.MaxQueuedPixels} are allowed. Send them in several batches, "
                    + "or make them smaller.");
        }
        lock (_gate)
        {
            if (_queued < options.MaxQueuedRequests && _queuedPixels + pixels <= options.MaxQueuedPixels)
            {
                _queued++;
                _queuedPixels += pixels;
                return;
            }
            throw new RejectedException(StatusCodes.Status429TooManyRequests, "Too many requests",
                $"{_queued} requests with {_queuedPixels} pixels wait for their answer; at most {options.MaxQueuedRequests} "
                    + $"with {options.MaxQueuedPixels} may. Send this one again after a second.")
            {
                RetryAfterSeconds = 1,
            };
        }
    }

    public void LeaveQueue()
    {
        lock (_gate)
            _queued--;
    }

    /// <summary>Pictures have their answer.</summary>
    public void ReleasePixels(long pixels)
    {
        lock (_gate)
            _queuedPixels -= pixels;
    }

    /// <summary>The right to decode and score a picture.</summary>
    /// <returns>The right, given back when it is disposed.</returns>
    public Task<FairShare.Portion> DecodeAsync(string client, long pixels, CancellationToken cancellation) =>
        IsLarge(pixels) ? _largePictures.TakeAsync(client, pixels, cancellation) : _smallPictures.TakeAsync(client, 1, cancellation);

    /// <summary>Whether a picture takes so long to decode that it gets a thread of its own.</summary>
    public static bool IsLarge(long pixels) => pixels > SmallPixels;

    /// <summary>Takes bytes for a body; while it waits, those of the others that come too slowly are let go.</summary>
    public async Task<FairShare.Portion> TakeBytesAsync(string client, long amount, CancellationToken cancellation)
    {
        Task<FairShare.Portion> taking = _bytes.TakeAsync(client, amount, cancellation);
        while (await Task.WhenAny(taking, Task.Delay(ReceivingShare.Grace, CancellationToken.None)) != taking)
            CutOffSlowest();
        return await taking;
    }

    /// <summary>A body that has taken bytes is received.</summary>
    public void BeginReceiving(ReceivingShare body)
    {
        lock (_gate)
            _receiving.Add(body);
    }

    /// <summary>A body has come to its end.</summary>
    public void EndReceiving(ReceivingShare body)
    {
        lock (_gate)
            _receiving.Remove(body);
    }

    private void CutOffSlowest()
    {
        lock (_gate)
            _receiving.Where(body => body.ComesTooSlowly).MinBy(body => body.BytesPerSecond)?.CutOff();
    }
}
