using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class MlNetAccessDataTests
{
    [Fact]
    public void EnvironmentOf_DataCatalog_LogsToTheContext()
    {
        MLContext ml = new(seed: 1);
        List<string> messages = [];
        ml.Log += (_, e) => messages.Add(e.RawMessage);
        using (IChannel channel = MlNetAccess.EnvironmentOf(ml.Data).Start("test"))
            channel.Info(MessageSensitivity.None, "hello");
        Assert.Contains("hello", messages);
    }

    [Fact]
    public void TransformsOf_AHost_MakesAWorkingCatalog()
    {
        MLContext ml = new(seed: 1);
        IHost host = ((IHostEnvironment)ml).Register("test");
        Assert.NotNull(MlNetAccess.TransformsOf(host).Conversion);
        Assert.Same(ml.Transforms, MlNetAccess.TransformsOf(ml));
    }

    [Fact]
    public void ColumnPairs_ATransformer_NamesOutputAndInput()
    {
        MLContext ml = new(seed: 1);
        var transformer = ml.Transforms.CopyColumns("B", "A").Fit(ml.Data.LoadFromEnumerable([new { A = 1 }]));
        Assert.Equal([("B", "A")], MlNetAccess.ColumnPairs(transformer));
    }
}
