using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>
/// Takes one picture after another through the stock transformers that make a network's bytes of it. For one thread at a time.
/// </summary>
internal sealed class PixelExtractor : IDisposable
{
    private readonly ImageRow _source;
    private readonly DataViewRow _mapped;
    private readonly ValueGetter<VBuffer<byte>> _getPixels;
    private VBuffer<byte> _pixels;

    /// <param name="preprocessing">Transformers from the picture to its bytes.</param>
    /// <param name="schema">Schema of the rows that they take.</param>
    /// <param name="image">Column with the picture; no other may be needed.</param>
    /// <param name="pixels">Column of bytes that comes out: planes of red, green and blue.</param>
    public PixelExtractor(ITransformer preprocessing, DataViewSchema schema, string image, string pixels)
    {
        _source = new ImageRow(schema, image);
        IRowToRowMapper mapper = preprocessing.GetRowToRowMapper(schema);
        _mapped = mapper.GetRow(_source, [mapper.OutputSchema[pixels]]);
        _getPixels = _mapped.GetGetter<VBuffer<byte>>(mapper.OutputSchema[pixels]);
    }

    /// <summary>The bytes of a picture, valid until the next call.</summary>
    /// <param name="picture">Any size and pixel format; it is not disposed.</param>
    public ReadOnlySpan<byte> Extract(MLImage picture)
    {
        // The stock transformers dispose what they are given; a picture that lives in the user's memory must survive that, so they get a
        // copy.
        using MLImage copy = MLImage.CreateFromPixels(picture.Width, picture.Height, picture.PixelFormat, picture.Pixels);
        return Consume(copy);
    }

    /// <summary>The bytes of a picture, valid until the next call.</summary>
    /// <param name="picture">Any size and pixel format; it may be disposed afterwards, and the caller has no more use for it.</param>
    public ReadOnlySpan<byte> Consume(MLImage picture)
    {
        _source.Set(picture);
        _getPixels(ref _pixels);
        return _pixels.GetValues();
    }

    public void Dispose() => _mapped.Dispose();
}
