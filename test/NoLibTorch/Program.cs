using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.PcDarts;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;

try
{
    if (args is ["fit"])
        Fit();
    else if (args is ["predict", string zip, string picture])
        return Predict(zip, picture);
    else if (args is ["load", string model])
        return Load(model);
    else
        TorchRuntime.EnsureLoaded();
}
catch (TorchLibraryException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 3;
}
Console.WriteLine(Sum());
return 0;

// The pictures need not exist: the library is loaded before they are read.
static void Fit()
{
    var ml = new MLContext(seed: 1);
    IDataView data = ml.Data.LoadFromEnumerable([new Row("a.png", "a"), new Row("b.png", "b")]);
    ml.Transforms.Conversion.MapValueToKey("Label")
        .Append(ml.Transforms.LoadImages("Image", null, "ImagePath"))
        .Append(ml.MulticlassClassification.Trainers.PcDarts())
        .Fit(data);
}

static int Predict(string zip, string picture)
{
    using PcDartsPredictor predictor = PcDartsPredictor.Load(zip);
    Console.WriteLine(predictor.Predict(picture).Label);
    return 0;
}

// ML.NET loads ONNX Runtime by itself, here after the first use of anything of the library.
static int Load(string zip)
{
    Console.WriteLine(PcDartsRecipe.Tiny().InitialChannels);
    (new MLContext().Model.Load(zip, out _) as IDisposable)?.Dispose();
    return 0;
}

[MethodImpl(MethodImplOptions.NoInlining)]
static float Sum()
{
    using torch.Tensor sum = torch.ones(3).sum();
    return sum.item<float>();
}

internal sealed record Row(string ImagePath, string Label);
