using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Data;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>Accuracy, file size and speed of a trained network with float32, float16 and int8 weights.</summary>
internal static class OnnxBenchmark
{
    public static System.CommandLine.Command Create()
    {
        Option<string> weights = new("--weights") { Required = true, Description = "weights.safetensors of a fit." };
        Option<string> images = new("--images")
        {
            Required = true,
            Description = "Test pictures: a folder with one sub-folder for each class.",
        };
        Option<int> rounds = new("--rounds")
        {
            DefaultValueFactory = _ => 5,
            Description = "Measurements of the speed of each form, after one that warms up.",
        };
        var command = new System.CommandLine.Command("onnx", "Accuracy, size and speed with rounded weights.") { weights, images, rounds };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(weights), parsed.GetRequiredValue(images), parsed.GetValue(rounds)));
        return command;
    }

    private static void Run(string weights, string images, int rounds)
    {
        string folder = Directory.CreateTempSubdirectory("pcdarts-benchmark-").FullName;
        try
        {
            var ml = new MLContext(seed: 1);
            IDataView pictures = ml.Data.LoadImageFolder(images);
            string[] files = [.. pictures.GetColumn<string>("ImagePath")], labels = [.. pictures.GetColumn<string>("Label")];
            using PcDartsTransformer network = ml.Model.LoadPcDartsWeights(weights);
            Form[] forms = [.. Enum.GetValues<OnnxWeightType>().Select(type =>
            {
                string file = Path.Combine(folder, $"{type}.onnx");
                network.SaveOnnx(file, new PcDartsOnnxOptions { WeightType = type });
                return new Form(type.ToString(), new FileInfo(file).Length, PcDartsPredictor.Load(file));
            })];
            string[] few = [.. files.Take(512)];
            double[][] seconds = Interleaved.Time(rounds,
                [.. forms.Select(form => (Action)(() => _ = form.Predictor.Predict(few).Count()))]);
            Dictionary<string, object> results = [];
            foreach ((Form form, double[] times) in forms.Zip(seconds))
            {
                PcDartsPrediction[] predictions = [.. form.Predictor.Predict(files)];
                double accuracy = predictions.Zip(labels, (prediction, label) => prediction.Label == label ? 1.0 : 0).Average();
                double rate = few.Length / Interleaved.Median(times);
                results.Add(form.Name, new { accuracy, bytes = form.Bytes, rowsPerSecond = rate });
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{form.Name,-8} {accuracy:P2} of {files.Length} pictures, {form.Bytes / 1e6:F2} MB, {rate:F0} rows/s"));
                form.Predictor.Dispose();
            }

            Console.WriteLine(JsonSerializer.Serialize(results, JsonSerializerOptions.Web));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed record Form(string Name, long Bytes, PcDartsPredictor Predictor);
}
