using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.PcDarts.Benchmarks;

/// <summary>
/// Learning from few pictures of unknown classes: other trainers on a network's features and on pixels, and its own classifier
/// alone.
/// </summary>
internal static class TransferBenchmark
{
    public static System.CommandLine.Command Create()
    {
        Option<string> weights = new("--weights") { Required = true, Description = "weights.safetensors of a fit on other classes." };
        Option<string> train = new("--train")
        {
            Required = true,
            Description = "A folder with one sub-folder for each class. Classes that the network knows are left out.",
        };
        Option<string> test = new("--test") { Required = true, Description = "The same for pictures to measure on." };
        Option<int[]> pictures = new("--pictures")
        {
            DefaultValueFactory = _ => [20, 100],
            AllowMultipleArgumentsPerToken = true,
            Description = "Pictures of each class to learn from.",
        };
        Option<int> draws = new("--draws") { DefaultValueFactory = _ => 5, Description = "Times that these are drawn." };
        Option<int> epochs = new("--epochs")
        {
            DefaultValueFactory = _ => 30,
            Description = "Epochs of the fine-tuning of the classifier; 0 leaves it out.",
        };
        var command = new System.CommandLine.Command("transfer",
            "Learning other classes from few pictures, on a network's features and otherwise.")
        {
            weights, train, test, pictures, draws, epochs,
        };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(weights), parsed.GetRequiredValue(train), parsed.GetRequiredValue(test),
            parsed.GetRequiredValue(pictures), parsed.GetValue(draws), parsed.GetValue(epochs)));
        return command;
    }

    private static void Run(string weights, string train, string test, int[] counts, int draws, int epochs)
    {
        using var pictures = new TransferPictures(new MLContext(seed: 1), weights, train, test);
        (string Name, Func<IDataView, (ITransformer, TransferPictures.Way?)> Learn)[] ways =
        [
            ("SDCA on features", few => pictures.Sdca(few, TransferPictures.Way.Features)),
            ("SDCA on pixels", few => pictures.Sdca(few, TransferPictures.Way.Pixels)),
            ("LightGBM on features", few => pictures.LightGbm(few, TransferPictures.Way.Features)),
            ("LightGBM on pixels", few => pictures.LightGbm(few, TransferPictures.Way.Pixels)),
            ("Its classifier alone", few => pictures.FineTune(few, epochs)),
        ];
        ways = epochs == 0 ? ways[..^1] : ways;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(", ", pictures.Classes)}: {pictures.TestCount} test pictures, chance {1.0 / pictures.Classes.Count:P1}"));
        List<object> results = [];
        foreach (int count in counts)
        {
            (double Accuracy, double Seconds)[][] measured = [.. Enumerable.Range(1, draws)
                .Select(draw => ways.Select(way => pictures.Learn(count, draw, way.Learn)).ToArray())];
            for (int w = 0; w < ways.Length; w++)
            {
                double[] accuracies = [.. measured.Select(draw => draw[w].Accuracy)];
                double mean = accuracies.Average(),
                    deviation = Math.Sqrt(accuracies.Sum(a => (a - mean) * (a - mean)) / Math.Max(1, draws - 1)),
                    seconds = Interleaved.Median([.. measured.Select(draw => draw[w].Seconds)]);
                results.Add(new { pictures = count, ways[w].Name, mean, deviation, seconds });
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{count,4} a class, {ways[w].Name,-20} {mean:P1} ± {deviation:P1} of {draws} draws, {seconds:F2} s"));
            }
        }

        Console.WriteLine(JsonSerializer.Serialize(results, JsonSerializerOptions.Web));
    }
}
