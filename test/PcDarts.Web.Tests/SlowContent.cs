using System.Net;

namespace PcDarts.Web.Tests;

/// <summary>A body whose beginning is sent at once and whose rest when it is told to.</summary>
/// <param name="content">The whole body.</param>
/// <param name="first">Bytes of its beginning.</param>
/// <param name="release">Completes when the rest may be sent.</param>
/// <param name="announced">Whether the length is announced.</param>
internal sealed class SlowContent(byte[] content, int first, Task release, bool announced = false) : HttpContent
{
    private readonly TaskCompletionSource _begun = new();

    /// <summary>Completes when the beginning is sent.</summary>
    public Task Begun => _begun.Task;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(content.AsMemory(0, first));
        await stream.FlushAsync();
        _begun.TrySetResult();
        await release;
        await stream.WriteAsync(content.AsMemory(first));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = announced ? content.Length : 0;
        return announced;
    }
}
