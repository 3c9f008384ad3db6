using Microsoft.ML;
using Microsoft.ML.Data;

namespace PcDarts.Web.Models;

/// <summary>
/// Takes one picture after another through the saved steps that make the network's bytes of it. For one thread at a time.
/// </summary>
internal sealed class PixelReader : IDisposable
{
    private readonly PictureRow _row;
    private readonly DataViewRow _mapped;
    private readonly ValueGetter<VBuffer<byte>> _getPixels;
    private VBuffer<byte> _pixels;

    public PixelReader(IRowToRowMapper mapper, PictureRow row, string pixels)
    {
        _row = row;
        _mapped = mapper.GetRow(row, [mapper.OutputSchema[pixels]]);
        _getPixels = _mapped.GetGetter<VBuffer<byte>>(mapper.OutputSchema[pixels]);
    }

    /// <summary>Writes a picture's bytes.</summary>
    /// <param name="picture">Any size; ML.NET may dispose it.</param>
    /// <param name="destination">Receives planes of red, green and blue.</param>
    public void Read(MLImage picture, byte[] destination)
    {
        _row.Set(picture);
        _getPixels(ref _pixels);
        _pixels.CopyTo(destination);
    }

    public void Dispose() => _mapped.Dispose();
}
