using Microsoft.ML;
using PcDarts.Cli.Models;
using PcDarts.Cli.Shapes;

namespace PcDarts.Samples.Tests.Cli;

public sealed class PictureHashesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PictureHashesTests() => ShapeDataset.Write(_folder["one"], 2, 1, seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_OtherNames_IsTheSame()
    {
        ShapeDataset.Write(_folder["two"], 2, 1, seed: 1);
        File.Move(_folder["two", "train", "star", "0000.png"], _folder["two", "train", "star", "zzz.png"]);

        Assert.Equal(Hash("one"), Hash("two"));
    }

    [Fact]
    public void Of_OtherClassOrBytes_Differs()
    {
        foreach (string name in (string[])["moved", "changed"])
            ShapeDataset.Write(_folder[name], 2, 1, seed: 1);
        File.Move(_folder["moved", "train", "star", "0000.png"], _folder["moved", "train", "ring", "moved.png"]);
        File.AppendAllText(_folder["changed", "train", "star", "0000.png"], "x");

        Assert.Equal(3, new[] { "one", "moved", "changed" }.Select(Hash).Distinct().Count());
    }

    [Fact]
    public void Shared_EqualLengthAlone_IsNotShared()
    {
        byte[] bytes = File.ReadAllBytes(_folder["one", "train", "star", "0000.png"]);
        File.WriteAllBytes(_folder["one", "test", "star", "copy.png"], bytes);
        bytes[^1] ^= 1;
        File.WriteAllBytes(_folder["one", "test", "star", "near.png"], bytes);

        Assert.Equal(
            [(_folder["one", "test", "star", "copy.png"], _folder["one", "train", "star", "0000.png"])],
            PictureHashes.Shared(Open("one", "test"), Open("one", "train"), CancellationToken.None));
    }

    private string Hash(string name) => PictureHashes.Of(Open(name, "train"), CancellationToken.None);

    private LabeledFolder Open(string name, string set) => LabeledFolder.Open(new MLContext(), _folder[name, set], "--train");
}
