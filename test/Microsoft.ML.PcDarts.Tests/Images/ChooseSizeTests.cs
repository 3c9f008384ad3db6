using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class ChooseSizeTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly PictureFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ChooseSize_AllEqual_KeepsTheirSize() => Assert.Equal((28, 20), Choose(64, (28, 20), (28, 20), (28, 20)));

    [Fact]
    public void ChooseSize_EqualButLarge_IsCapped() => Assert.Equal((64, 64), Choose(64, (200, 100), (200, 100)));

    [Theory]
    [InlineData(30, 50, 42, 42, 40)]
    [InlineData(30, 50, 44, 44, 48)]
    [InlineData(10, 10, 12, 12, 16)]
    [InlineData(90, 90, 70, 70, 64)]
    public void ChooseSize_Mixed_TakesTheMedianShorterSideInEights(int a, int b, int c, int d, int expected)
        => Assert.Equal((expected, expected), Choose(64, (a, 100), (100, b), (c, 44), (d, 100), (41, 41)));

    [Fact]
    public void ChooseSize_AllTiny_Throws()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Choose(64, (1, 1), (1, 1)));
        Assert.Contains("1×1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChooseSize_OneTinyAmongOthers_IsNoProblem() => Assert.Equal((24, 24), Choose(64, (1, 1), (24, 30), (24, 24)));

    [Fact]
    public void ChooseSize_UnreadablePicture_IsNotCounted()
    {
        string good = _folder.Picture("good.png", 20, 20);
        IDataView view = ReaderFixture.View(_ml, (_folder.File("bad.png", []), "a"), (good, "a"), ("", "b"), (good, "b"));
        Assert.Equal((20, 20), ImageTensorReader.ChooseSize(view, "Image", 64));
    }

    private (int Width, int Height) Choose(int maximum, params (int Width, int Height)[] sizes)
        => ImageTensorReader.ChooseSize(
            ReaderFixture.View(_ml, [.. sizes.Select(
                (size, i) => ((string?)_folder.Picture($"{i}.png", size.Width, size.Height), (string?)"a"))]), "Image", maximum);
}
