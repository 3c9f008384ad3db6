using System.Buffers;
using System.IO.Pipelines;

namespace PcDarts.Web.Budget;

/// <summary>The body of a request, read as far as its share of the budget allows.</summary>
internal sealed class ReceivingStream : Stream
{
    private readonly PipeReader _body;
    private readonly ReceivingShare _share;
    private readonly CancellationTokenRegistration _registration;

    public ReceivingStream(PipeReader body, ReceivingShare share)
    {
        (_body, _share) = (body, share);
        // A read that ends by its token leaves Kestrel's reader unusable: it could not drop the rest of the body, and says so in the log.
        _registration = share.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), body);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _share.ReserveAsync(buffer.Length);
        ReadResult result = await _body.ReadAsync(CancellationToken.None);
        ReadOnlySequence<byte> read = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
        int count = (int)read.Length;
        read.CopyTo(buffer.Span);
        _body.AdvanceTo(read.End);
        _share.Token.ThrowIfCancellationRequested();
        _share.Add(count);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _registration.Dispose();
        base.Dispose(disposing);
    }
}
