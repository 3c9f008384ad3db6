using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>A picture that was decoded from a file, or lent by its owner.</summary>
/// <param name="image">The picture.</param>
/// <param name="isTurned">Whether its file says that it is to be shown turned or mirrored.</param>
/// <param name="lease">The memory that it takes; null for one that is lent, which is not disposed.</param>
internal readonly struct DecodedPicture(MLImage image, bool isTurned, DecodingMemory.Lease? lease) : IDisposable
{
    public MLImage Image => image;

    public bool IsTurned => isTurned;

    /// <summary>Whether the picture is disposed after use.</summary>
    public bool IsOwned => lease is not null;

    public void Dispose()
    {
        if (lease is not { } memory)
            return;
        image.Dispose();
        memory.Dispose();
    }
}
