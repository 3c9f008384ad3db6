using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Models.Onnx;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Image;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>
/// A saved model taken apart for scoring in batches: the stock transformers from the picture to its bytes, as they were saved, and the
/// network with its classifier as one ONNX graph from bytes to probabilities.
/// </summary>
internal sealed class SavedClassifier : IDisposable
{
    private const string Image = "Image";
    private const string Pixels = "Pixels";
    private readonly ITransformer _model;
    private readonly ITransformer _preprocessing;
    private readonly DataViewSchema _schema;
    private readonly string _image;
    private readonly string _pixels;

    private SavedClassifier(
        ModelProto network, PcDartsModelInfo info, ITransformer model, ITransformer preprocessing, DataViewSchema schema, string image,
        string pixels)
    {
        Network = network.ToByteArray();
        Info = info;
        _model = model;
        _preprocessing = preprocessing;
        _schema = schema;
        _image = image;
        _pixels = pixels;
    }

    /// <summary>ONNX file: uint8 <c>[N, 3, H, W]</c> → first output float32 <c>[N, classes]</c>, probabilities.</summary>
    public byte[] Network { get; }

    /// <summary>The model's description of itself.</summary>
    public PcDartsModelInfo Info { get; }

    /// <summary>The way from a picture to the network's bytes; one for each thread.</summary>
    public PixelExtractor Extractor() => new(_preprocessing, _schema, _image, _pixels);

    /// <summary>Frees what the saved steps hold; the extractors end with it.</summary>
    public void Dispose() => (_model as IDisposable)?.Dispose();

    /// <summary>Reads a model.zip or a file of <see cref="PcDartsTransformer.SaveOnnx"/>.</summary>
    /// <param name="stream">Seekable, at its beginning.</param>
    /// <param name="name">What the messages call it.</param>
    /// <exception cref="InvalidDataException">It is cut short, damaged, too large, or holds no PC-DARTS model.</exception>
    /// <exception cref="IOException">The folder for temporary files, which ML.NET needs for a zip, failed.</exception>
    /// <exception cref="UnauthorizedAccessException">That folder may not be written.</exception>
    public static SavedClassifier Read(Stream stream, string name)
    {
        (ModelProto network, PcDartsModelInfo info) = OnnxModelFile.Read(stream, name);
        stream.Position = 0;
        var context = new MLContext();
        if (ArchiveLimits.IsZip(stream))
            return FromZip(context, stream, name, network, info);
        DataViewSchema schema = ImageRow.SchemaOf(Image);
        ITransformer preprocessing = ImagePreprocessing.Estimator(context, Image, "Resized", Pixels, info.Shape.ImageWidth,
            info.Shape.ImageHeight)
            .Fit(MlNetAccess.EmptyData(context, schema));
        return new SavedClassifier(network, info, preprocessing, preprocessing, schema, Image, Pixels);
    }

    private static SavedClassifier FromZip(MLContext context, Stream stream, string name, ModelProto network, PcDartsModelInfo info)
    {
        ITransformer model;
        DataViewSchema? input;
        try
        {
            model = context.Model.Load(stream, out input);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw Explained(context, name, exception);
        }
        try
        {
            List<ITransformer> steps = [.. Flatten(model)];
            string pixels = network.Graph.Input[0].Name, features = network.Graph.Output[0].Name;
            int head = steps.FindLastIndex(step => step is ISingleFeaturePredictionTransformer<object> scorer
                && scorer.FeatureColumnName == features);
            if (head < 0
                || ((ISingleFeaturePredictionTransformer<object>)steps[head]).Model is not MaximumEntropyModelParameters classifier)
                throw new InvalidDataException("it lacks the classifier of its network");
            int end = steps.FindLastIndex(head, step => step is OnnxTransformer);
            if (end < 0)
                throw new InvalidDataException("it lacks its network");
            (ITransformer preprocessing, DataViewSchema schema, string image) = Preprocessing(steps[..end], input, pixels);
            AddClassifier(network, classifier, features, info.Shape.Classes);
            // ML.NET's own session of the network is not needed.
            ((IDisposable)steps[end]).Dispose();
            return new SavedClassifier(network, info, model, preprocessing, schema, image, pixels);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            (model as IDisposable)?.Dispose();
            throw Explained(context, name, exception);
        }
    }

    // ML.NET throws what a damaged part happens to cause, often inside a TargetInvocationException.
    private static Exception Explained(MLContext context, string name, Exception thrown)
        => LoadFault.Of($"{name} cannot be loaded", thrown, context.TempFilePath, LoadFault.SystemFolder)
            ?? OnnxModelFile.Incomplete(name, thrown.GetBaseException());

    // The steps between the decoded picture and its bytes, whatever they are: they begin after the last step that loads pictures from
    // files, or, when more than the picture is needed there, earlier.
    private static (ITransformer Steps, DataViewSchema Schema, string Image) Preprocessing(List<ITransformer> steps, DataViewSchema? input,
        string pixels)
    {
        if (input is null)
            return FromPicture(steps[(steps.FindLastIndex(step => step is ImageLoadingTransformer) + 1)..], pixels);
        List<DataViewSchema> schemas = Schemas(steps, input);
        for (int start = steps.Count - 1; start >= 0; start--)
        {
            if (start > 0 && steps[start - 1] is not ImageLoadingTransformer)
                continue;
            var rest = new TransformerChain<ITransformer>([.. steps[start..]]);
            IRowToRowMapper mapper = ((ITransformer)rest).GetRowToRowMapper(schemas[start]);
            if (mapper.OutputSchema.GetColumnOrNull(pixels) is { } column
                && mapper.GetDependencies([column]).ToArray() is [{ Type: ImageDataViewType } image])
            {
                return (rest, schemas[start], image.Name);
            }
        }
        throw new InvalidDataException("its network does not read a picture alone");
    }

    // Of a model that was saved without its input schema the steps after the loading of pictures are taken, or all; those that lack their
    // columns, such as a label's, make none that the picture goes through.
    private static (ITransformer Steps, DataViewSchema Schema, string Image) FromPicture(List<ITransformer> steps, string pixels)
    {
        int loading = steps.FindLastIndex(step => step is ImageLoadingTransformer);
        string[] pictures = loading >= 0
            ? [.. MlNetAccess.ColumnPairs((OneToOneTransformerBase)steps[loading]).Select(pair => pair.Output)]
            : [steps.AsEnumerable().Reverse().OfType<OneToOneTransformerBase>().Aggregate(pixels, InputOf)];
        var builder = new DataViewSchema.Builder();
        foreach (string picture in pictures.Distinct())
            builder.AddColumn(picture, new ImageDataViewType());
        DataViewSchema input = builder.ToSchema(), schema = input;
        List<ITransformer> kept = [];
        foreach (ITransformer step in steps[(loading + 1)..])
        {
            if (OutputOf(step, schema) is { } next)
            {
                kept.Add(step);
                schema = next;
            }
        }

        var chain = new TransformerChain<ITransformer>([.. kept]);
        if (schema.GetColumnOrNull(pixels) is { } column
            && ((ITransformer)chain).GetRowToRowMapper(input).GetDependencies([column]).ToArray() is [{ Type: ImageDataViewType } image])
            return (chain, input, image.Name);
        throw new InvalidDataException("it was saved without the schema of its input, and its network reads more than a picture; "
            + "save it with the schema: mlContext.Model.Save(model, data.Schema, path)");

        static string InputOf(string output, OneToOneTransformerBase step)
            => MlNetAccess.ColumnPairs(step).FirstOrDefault(pair => pair.Output == output).Input ?? output;
    }

    // Null if a step lacks a column and cannot be on the way from the picture to the network, which only steps of known columns cannot.
    private static DataViewSchema? OutputOf(ITransformer step, DataViewSchema schema)
    {
        try
        {
            return step.GetOutputSchema(schema);
        }
        catch (ArgumentOutOfRangeException) when (step is OneToOneTransformerBase)
        {
            return null;
        }
    }

    // The schema before each step and after the last. ML.NET saves no picture columns with a model's input schema: those that the steps
    // need are added.
    private static List<DataViewSchema> Schemas(List<ITransformer> steps, DataViewSchema? input)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input ?? Enumerable.Empty<DataViewSchema.Column>());
        var schemas = new List<DataViewSchema> { builder.ToSchema() };
        for (int i = 0; i < steps.Count; i++)
        {
            if (PictureInput(steps[i], schemas[^1]) is not { } picture)
            {
                schemas.Add(steps[i].GetOutputSchema(schemas[^1]));
                continue;
            }
            builder.AddColumn(picture, new ImageDataViewType());
            schemas = [builder.ToSchema()];
            i = -1;
        }
        return schemas;
    }

    // The picture column that a step reads and the schema lacks; null if there is none.
    private static string? PictureInput(ITransformer step, DataViewSchema schema)
        => step is ImageResizingTransformer or ImageGrayscalingTransformer or ImagePixelExtractingTransformer or ColumnCopyingTransformer
            ? MlNetAccess.ColumnPairs((OneToOneTransformerBase)step).Select(pair => pair.Input)
                .FirstOrDefault(name => schema.GetColumnOrNull(name) is null)
            : null;

    private static void AddClassifier(ModelProto network, MaximumEntropyModelParameters classifier, string features, int needed)
    {
        VBuffer<float>[] weights = [];
        classifier.GetWeights(ref weights, out int classes);
        if (classes != needed || weights.Select(row => row.Length).Distinct().Count() != 1)
            throw new InvalidDataException($"its classifier has {classes} classes; {needed} are needed, all of them with as many weights");
        float[] values = [.. weights.SelectMany(row => row.DenseValues())], biases = [.. classifier.GetBiases()];
        TensorChecks.CheckFinite("classifier.weight", values, [classes, values.Length / classes]);
        TensorChecks.CheckFinite("classifier.bias", biases, [classes]);
        var graph = new OnnxGraph(network.Graph);
        string logits = graph.Linear(features,
            graph.Floats("classifier.weight", [classes, values.Length / classes], values),
            graph.Floats("classifier.bias", [classes], biases));
        graph.Output(graph.Softmax(logits), "probabilities", classes);
    }

    private static IEnumerable<ITransformer> Flatten(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [transformer];
}
