using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class PixelStoreTests : IDisposable
{
    private readonly PictureFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MappedPixelStore_NoRoom_ThrowsAndLeavesNothing()
    {
        // Six pebibytes: no file system grants that.
        IOException error = Assert.Throws<IOException>(() => new MappedPixelStore(int.MaxValue, 1024, 1024, _folder.Path));
        Assert.Contains("6291456 GiB", error.Message, StringComparison.Ordinal);
        Assert.Contains("raise the memory limit", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void MappedPixelStore_DisposedBeforeCompletion_LeavesNothing()
    {
        using (MappedPixelStore store = new(2, 8, 8, _folder.Path))
        {
            store.Write(1, new byte[192]);
            Assert.Single(Directory.GetFiles(_folder.Path));
        }
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void FreeMemory_OnThisMachine_IsPositive()
        => Assert.InRange(FreeMemory.Bytes(), 1L << 20, 1L << 46);
}
