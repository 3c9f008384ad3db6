using System.Buffers;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace PcDarts.Web.Pictures;

/// <summary>A file that is being received, in parts: no more memory is taken than has come, whatever length was announced.</summary>
internal sealed class ReceivedFile : IDisposable
{
    private const int PartBytes = 16 * 1024;
    private readonly List<byte[]> _parts = [];
    private int _inLast;

    public long Length => _parts.Count == 0 ? 0 : ((long)_parts.Count - 1) * PartBytes + _inLast;

    /// <summary>Reads a stream to its end.</summary>
    /// <returns>Whether it had at most so many bytes; what goes beyond is left in the stream.</returns>
    public async Task<bool> ReadAsync(Stream stream, long most, CancellationToken cancellation)
    {
        while (true)
        {
            if (_parts.Count == 0 || _inLast == PartBytes)
            {
                _parts.Add(ArrayPool<byte>.Shared.Rent(PartBytes));
                _inLast = 0;
            }
            int read = await stream.ReadAsync(_parts[^1].AsMemory(_inLast, PartBytes - _inLast), cancellation);
            _inLast += read;
            if (read == 0)
                return true;
            if (Length > most)
                return false;
        }
    }

    /// <summary>
    /// The file in one piece, for the decoder. Its parts are given back one after the other, so nothing is in memory twice.
    /// </summary>
    /// <returns>Null for an empty file.</returns>
    public SKData? Take()
    {
        int length = checked((int)Length);
        SKData? whole = length == 0 ? null : SKData.Create(length);
        for (int i = 0, at = 0; i < _parts.Count; i++)
        {
            int count = Math.Min(PartBytes, length - at);
            if (whole is not null)
                Marshal.Copy(_parts[i], 0, whole.Data + at, count);
            at += count;
            ArrayPool<byte>.Shared.Return(_parts[i]);
        }
        _parts.Clear();
        return whole;
    }

    public void Dispose()
    {
        foreach (byte[] part in _parts)
            ArrayPool<byte>.Shared.Return(part);
        _parts.Clear();
    }
}
