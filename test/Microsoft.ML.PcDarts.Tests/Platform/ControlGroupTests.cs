using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Tests.Platform;

public sealed class ControlGroupTests : IDisposable
{
    private readonly PictureFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void FreeBytes_SecondVersion_TakesTheLeastOfAllLevelsAndCountsCacheAsFree()
    {
        Write("a/memory.max", "1000\n");
        Write("a/memory.current", "400\n");
        Write("a/memory.stat", "anon 100\ninactive_file 40\nactive_file 60\n");
        Write("a/b/memory.max", "max\n");
        Write("a/b/memory.current", "300\n");
        Assert.Equal(700, ControlGroup.FreeBytes(["0::/a/b"], _root.Path));
    }

    [Fact]
    public void FreeBytes_FirstVersion_ReadsItsNames()
    {
        Write("memory/docker/memory.limit_in_bytes", "512\n");
        Write("memory/docker/memory.usage_in_bytes", "500\n");
        Write("memory/docker/memory.stat", "inactive_file 1\ntotal_inactive_file 20\ntotal_active_file 3\n");
        Assert.Equal(35, ControlGroup.FreeBytes(["5:cpu:/", "4:hugetlb,memory:/docker", "0::/"], _root.Path));
    }

    [Fact]
    public void FreeBytes_PathOfTheHostInAContainer_ReadsTheMount()
    {
        Write("memory.max", "1000");
        Write("memory.current", "900");
        Assert.Equal(100, ControlGroup.FreeBytes(["0::/kubepods/pod1"], _root.Path));
    }

    [Fact]
    public void FreeBytes_NoLimit_IsUnlimited() => Assert.Equal(long.MaxValue, ControlGroup.FreeBytes(["0::/"], _root.Path));

    private void Write(string name, string text) => _root.File(name, System.Text.Encoding.ASCII.GetBytes(text));
}
