using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts.Tests.MlNet;

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

    [Fact]
    public void LoaderOf_LoadImagesBelowOtherSteps_IsFound()
    {
        MLContext ml = new(seed: 1);
        IDataView files = ml.Data.LoadFromEnumerable([new { ImagePath = "a.jpg", Label = "a" }]);
        IDataView view = ml.Transforms.LoadImages("Image", Path.GetTempPath(), "ImagePath")
            .Append(ml.Transforms.ResizeImages("Small", 8, 8, "Image")).Append(ml.Transforms.Conversion.MapValueToKey("Label"))
            .Fit(files).Transform(files);
        view = ml.Data.TakeRows(ml.Data.ShuffleRows(view), 1);
        Assert.Equal(Path.GetTempPath(), MlNetAccess.LoaderOf(view, "Image")?.ImageFolder);
        Assert.Null(MlNetAccess.LoaderOf(view, "Small"));
        Assert.Null(MlNetAccess.LoaderOf(files, "Image"));
    }
}
