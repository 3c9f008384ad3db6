using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts;
using Microsoft.ML.Transforms;
using PcDarts.Cli.Commands;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Models;

/// <summary>Fits the whole pipeline, from picture files to a label in words, and writes its results.</summary>
internal sealed class ModelFitter(MLContext context, Terminal terminal)
{
    public const string ModelFile = "model.zip";
    public const string OnnxFile = "model.onnx";
    public const string GenotypeFile = "genotype.json";
    public const string WeightsFile = "weights.safetensors";

    /// <summary>
    /// Searches and trains with progress shown, then writes the model, its genotype and its weights, all or none of them; the network as
    /// ONNX is in the workspace already.
    /// </summary>
    public (Genotype Genotype, TrainingHistory History) Fit(LabeledFolder train, PcDartsTrainer.Options options, OutputFolder output)
    {
        using TransformerChain<KeyToValueMappingTransformer> model = Train(train, options, output);
        PcDartsTransformer network = model.OfType<PcDartsTransformer>().Single();
        if (network.History.StopReason != StopReason.Cancelled)
            options.CancellationToken.ThrowIfCancellationRequested();
        // The mapping of labels is for training and evaluation: what is saved reads ImagePath alone.
        output.Write(ModelFile, file => context.Model.Save(model.GetModelFor(TransformerScope.Scoring),
            ImportedPipeline.Input(context).Schema, file));
        output.Write(GenotypeFile, network.Genotype.Save);
        output.Write(WeightsFile, network.SaveWeights);
        output.Commit();
        return (network.Genotype, network.History);
    }

    private TransformerChain<KeyToValueMappingTransformer> Train(LabeledFolder train, PcDartsTrainer.Options options, OutputFolder output)
    {
        try
        {
            return ProgressView.Run(terminal, () => options.TimeBudget, report =>
            {
                options.MetricsCallback = report;
                return new EstimatorChain<ITransformer>()
                    .Append(context.Transforms.Conversion.MapValueToKey("Label",
                        keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue), TransformerScope.TrainTest)
                    .Append(context.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
                    .Append(context.MulticlassClassification.Trainers.PcDarts(options))
                    .Append(context.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
                    .Fit(train.View);
            });
        }
        catch (Exception failure) when (failure is not OperationCanceledException && failure.Data["Genotype"] is string found)
        {
            output.Write(GenotypeFile, Genotype.FromJson(found).Save);
            output.Commit();
            terminal.Warn($"The search is not lost: its genotype is {output.Path(GenotypeFile)}. Give it with {FitCommand.GenotypeFlag} to "
                + "train it without another search.");
            throw;
        }
    }
}
