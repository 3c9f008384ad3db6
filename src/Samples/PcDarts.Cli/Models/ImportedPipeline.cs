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
        IDataView classes = context.Data.LoadFromEnumerable(network.ClassNames.Select(name => new Class { Label = name }));
        IDataView rows = context.Data.LoadFromEnumerable<Picture>([]);
        ITransformer read = context.Transforms.Conversion.MapValueToKey("Label", keyData: classes)
            .Append(context.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
            .Fit(rows);
        ITransformer name = context.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(network.Transform(read.Transform(rows)));
        // The network is not disposed with the chain, which does not own it.
        context.Model.Save(new TransformerChain<ITransformer>(read, network, name), rows.Schema, path);
    }

    private sealed class Class
    {
        public string Label { get; set; } = "";
    }

    private sealed class Picture
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
