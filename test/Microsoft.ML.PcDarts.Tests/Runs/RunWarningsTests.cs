using System.Text;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts.Tests.Runs;

public sealed class RunWarningsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_SeveralAttempts_GivesEachOnceInOrder()
    {
        Assert.Empty(RunWarnings.Read(_folder.Path));
        foreach (string message in (string[])["first", "a\nsecond\u001b[2J", "first"])
            RunWarnings.Add(_folder.Path, message);
        Assert.Equal(["first", "a second [2J"], RunWarnings.Read(_folder.Path));
    }

    [Fact]
    public void Read_ArbitraryBytes_IsText()
    {
        File.WriteAllBytes(_folder.File(RunWarnings.FileName), [0xff, 0, 0xc3, .. Encoding.UTF8.GetBytes("\nwhole\ncut")]);
        Assert.Equal(["whole", "cut"], RunWarnings.Read(_folder.Path).Skip(1));
    }

    [Fact]
    public void Read_HugeFile_TakesItsEnd()
    {
        File.WriteAllText(_folder.File(RunWarnings.FileName), new string('x', 3 << 20) + "\nlast\n");
        Assert.Equal("last", RunWarnings.Read(_folder.Path)[^1]);
        Assert.InRange(RunWarnings.Read(_folder.Path)[0].Length, 1, 1 << 20);
    }
}
