using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

// ModelLoader MODEL.ZIP PICTURE…: one line a picture, the predicted label, then the scores.
var ml = new MLContext();
ITransformer model = ml.Model.Load(args[0], out _);
using var engine = ml.Model.CreatePredictionEngine<Input, Output>(model);
foreach (string path in args[1..])
{
    using MLImage image = MLImage.CreateFromFile(path);
    Output output = engine.Predict(new Input { Image = image });
    VBuffer<ReadOnlyMemory<char>> names = default;
    engine.OutputSchema["PredictedLabel"].GetKeyValues(ref names);
    string scores = string.Join(' ', output.Score.Select(s => s.ToString("R", CultureInfo.InvariantCulture)));
    Console.WriteLine($"{names.GetItemOrDefault((int)output.PredictedLabel - 1)} {scores}");
}
string[] foreign = [.. AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetName().Name!)
    .Where(n => n.Contains("Torch") || n.Contains("PcDarts"))];
return foreign.Length == 0 ? 0 : 1;

internal sealed class Input
{
    [ImageType(10, 12)]
    public MLImage? Image { get; set; }
}

internal sealed class Output
{
    public float[] Score { get; set; } = [];

    public uint PredictedLabel { get; set; }
}
