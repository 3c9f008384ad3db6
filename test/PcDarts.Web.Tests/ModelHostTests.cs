using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using PcDarts.Web.Models;

namespace PcDarts.Web.Tests;

[Collection(ModelCollection.Name)]
public sealed class ModelHostTests(ModelFixture models)
{
    private const int MaxBytes = 4 << 20;

    [Fact]
    public void Reload_WhileTheOldModelIsInUse_ClosesItAfterItsLastUser()
    {
        string path = models.Copy(models.First);
        using ModelHost host = ModelHost.Open(path, MaxBytes);
        ModelHost.Lease one = host.Use(), two = host.Use();
        ServedModel old = one.Model;
        File.Copy(models.Second, path, overwrite: true);

        Assert.True(host.Reload());
        one.Dispose();
        one.Dispose();
        Assert.NotEmpty(old.Probabilities(Picture()));
        two.Dispose();

        Assert.Throws<ObjectDisposedException>(() => old.Probabilities(Picture()));
        using ModelHost.Lease now = host.Use();
        Assert.NotEqual(old.Sha256, now.Model.Sha256);
        Assert.NotEmpty(now.Model.Probabilities(Picture()));
    }

    [Fact]
    public void Reload_ZipThatUnpacksToTooMuch_IsRefusedAndTheOldModelStays()
    {
        string path = models.Copy(models.First);
        using ModelHost host = ModelHost.Open(path, MaxBytes);
        ServedModel before = Model(host);
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Update))
        using (Stream entry = zip.CreateEntry("zeros").Open())
            entry.Write(new byte[MaxBytes]);
        Assert.True(new FileInfo(path).Length < MaxBytes / 2);

        Assert.Contains("at most", Assert.Throws<InvalidDataException>(() => host.Reload()).Message, StringComparison.Ordinal);

        Assert.Contains("it unpacks to", host.Problem, StringComparison.Ordinal);
        Assert.Same(before, Model(host));
        Assert.NotEmpty(before.Probabilities(Picture()));
    }

    [Fact]
    public void Open_NotANumberAmongTheWeights_IsRefused()
    {
        string path = models.Copy(models.First);
        PoisonClassifier(path);
        Assert.Contains("not made of finite numbers that sum to 1",
            Assert.Throws<StartException>(() => ModelHost.Open(path, MaxBytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SavedWithoutItsInput_AnswersAsTheOriginal()
    {
        string path = models.Copy(models.First);
        var ml = new MLContext();
        using (Stream file = File.Create(path))
        {
            ITransformer model = ml.Model.Load(models.First, out _);
            using var owned = (IDisposable)model;
            ml.Model.Save(model, null, file);
        }

        using ModelHost host = ModelHost.Open(path, MaxBytes), original = ModelHost.Open(models.First, MaxBytes);

        Assert.Equal(Model(original).Probabilities(Picture()), Model(host).Probabilities(Picture()));
    }

    [Fact]
    public void Reload_MissingFile_TellsTheLogThePathAndOthersNot()
    {
        string path = models.Copy(models.First);
        using ModelHost host = ModelHost.Open(path, MaxBytes);
        File.Delete(path);

        Exception exception = Assert.ThrowsAny<IOException>(() => host.Reload());

        Assert.Contains(path, ModelHost.Describe(path, exception), StringComparison.Ordinal);
        Assert.Equal("The file is missing.", host.Problem);
    }

    [Fact]
    public void Reload_SameContent_KeepsTheModel()
    {
        string path = models.Copy(models.First);
        using ModelHost host = ModelHost.Open(path, MaxBytes);
        ServedModel before = Model(host);
        File.Copy(models.First, path, overwrite: true);

        Assert.False(host.Reload());
        Assert.Same(before, Model(host));
    }

    [Fact]
    public void Reload_BrokenContent_IsToldOnceAndForgottenWhenTheOldContentIsBack()
    {
        string path = models.Copy(models.First);
        using ModelHost host = ModelHost.Open(path, MaxBytes);
        File.WriteAllText(path, "no model");

        Assert.Throws<InvalidDataException>(() => host.Reload());
        Assert.False(host.Reload());
        Assert.Contains("it is no zip", host.Problem, StringComparison.Ordinal);

        File.Copy(models.First, path, overwrite: true);
        Assert.False(host.Reload());
        Assert.Null(host.Problem);
    }

    // Makes the first of 16 neighboring small numbers in the file of the linear classifier NaN: a weight.
    private static void PoisonClassifier(string path)
    {
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Update);
        ZipArchiveEntry entry = zip.Entries.Single(entry => entry.FullName.EndsWith("/Model/Model.key", StringComparison.Ordinal));
        using Stream stream = entry.Open();
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        int at = Enumerable.Range(0, bytes.Length - 64)
            .First(start => Enumerable.Range(0, 16).All(i => Math.Abs(BitConverter.ToSingle(bytes, start + 4 * i)) is > 1e-6f and < 100));
        BitConverter.GetBytes(float.NaN).CopyTo(bytes, at);
        stream.Position = 0;
        stream.Write(bytes);
    }

    private static ServedModel Model(ModelHost host)
    {
        using ModelHost.Lease lease = host.Use();
        return lease.Model;
    }

    private static MLImage Picture() => MLImage.CreateFromStream(new MemoryStream(ColorPictures.Draw("red")));
}
