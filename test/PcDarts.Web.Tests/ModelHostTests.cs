using Microsoft.ML.Data;
using PcDarts.Web.Models;

namespace PcDarts.Web.Tests;

[Collection(ModelCollection.Name)]
public sealed class ModelHostTests(ModelFixture models)
{
    [Fact]
    public void Reload_WhileTheOldModelIsInUse_ClosesItAfterItsLastUser()
    {
        string path = models.Copy(models.First);
        using ModelHost host = ModelHost.Open(path);
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
    public void Reload_SameContent_KeepsTheModel()
    {
        string path = models.Copy(models.First);
        using ModelHost host = ModelHost.Open(path);
        ServedModel before = Model(host);
        File.Copy(models.First, path, overwrite: true);

        Assert.False(host.Reload());
        Assert.Same(before, Model(host));
    }

    [Fact]
    public void Reload_BrokenContent_IsToldOnceAndForgottenWhenTheOldContentIsBack()
    {
        string path = models.Copy(models.First);
        using ModelHost host = ModelHost.Open(path);
        File.WriteAllText(path, "no model");

        Assert.Throws<InvalidDataException>(() => host.Reload());
        Assert.False(host.Reload());
        Assert.Contains("it is no zip", host.Problem, StringComparison.Ordinal);

        File.Copy(models.First, path, overwrite: true);
        Assert.False(host.Reload());
        Assert.Null(host.Problem);
    }

    private static ServedModel Model(ModelHost host)
    {
        using ModelHost.Lease lease = host.Use();
        return lease.Model;
    }

    private static MLImage Picture() => MLImage.CreateFromStream(new MemoryStream(ColourPictures.Draw("red")));
}
