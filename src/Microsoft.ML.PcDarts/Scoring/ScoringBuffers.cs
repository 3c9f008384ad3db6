using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>The buffers for scoring one batch; kept for the next.</summary>
/// <param name="extractor">Makes the network's bytes of a picture; owned.</param>
internal sealed class ScoringBuffers(PixelExtractor extractor) : IDisposable
{
    /// <summary>The network's input.</summary>
    public byte[] Pixels { get; private set; } = [];

    /// <summary>The network's output.</summary>
    public float[] Results { get; private set; } = [];

    /// <summary>Makes room for so many values.</summary>
    public void Reserve(int pixels, int results)
    {
        if (Pixels.Length < pixels)
            Pixels = new byte[pixels];
        if (Results.Length < results)
            Results = new float[results];
    }

    /// <summary>Writes a picture's bytes to <see cref="Pixels"/>, and disposes the picture if it is owned.</summary>
    public void Extract(DecodedPicture picture, int offset)
    {
        using (picture)
        {
            ReadOnlySpan<byte> bytes = picture.IsOwned ? extractor.Consume(picture.Image) : extractor.Extract(picture.Image);
            bytes.CopyTo(Pixels.AsSpan(offset));
        }
    }

    public void Dispose() => extractor.Dispose();
}
