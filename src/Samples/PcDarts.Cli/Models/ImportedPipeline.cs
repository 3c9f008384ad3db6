using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts;

namespace PcDarts.Cli.Models;

/// <summary>The pipeline of <see cref="ModelFitter"/> around a network that was trained elsewhere.</summary>
internal static class ImportedPipeline
{
    /// <summary>Writes a model that reads picture files and gives labels in words.</summary>
    public static void Save(MLContext context, PcDartsTransformer network, string path)
    {
        IDataView rows = Input(context);
        ITransformer read = context.Transforms.LoadImages("Image", imageFolder: null, "ImagePath").Fit(rows);
        ITransformer name = context.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(network.Transform(read.Transform(rows)));
        // The network is not disposed with the chain, which does not own it.
        context.Model.Save(new TransformerChain<ITransformer>(read, network, name), rows.Schema, path);
    }

    /// <summary>A view without rows of the one column that saved models read.</summary>
    public static IDataView Input(MLContext context) => context.Data.LoadFromEnumerable<Picture>([]);

    private sealed class Picture
    {
        public string ImagePath { get; set; } = "";
    }
}
