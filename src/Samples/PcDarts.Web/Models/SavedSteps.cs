using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms.Image;
using Microsoft.ML.Transforms.Onnx;

namespace PcDarts.Web.Models;

/// <summary>A model.zip as ML.NET loads it, taken apart: the saved steps from a picture to the network's bytes, and the classifier behind the network.</summary>
internal sealed class SavedSteps : IDisposable
{
    private readonly ITransformer _model;
    private readonly TransformerChain<ITransformer> _preprocessing;
    private readonly DataViewSchema _schema;
    private readonly string _picture;

    private SavedSteps(ITransformer model, TransformerChain<ITransformer> preprocessing, DataViewSchema schema, string picture, MaximumEntropyModelParameters classifier)
    {
        _model = model;
        _preprocessing = preprocessing;
        _schema = schema;
        _picture = picture;
        Classifier = classifier;
    }

    /// <summary>ML.NET's linear softmax classifier, which reads the network's features.</summary>
    public MaximumEntropyModelParameters Classifier { get; }

    /// <summary>Loads the pipeline.</summary>
    /// <param name="zip">The whole model.zip.</param>
    /// <param name="pixels">Name of the network's input, which is the column of bytes.</param>
    /// <param name="features">Name of the network's output.</param>
    /// <exception cref="InvalidDataException">It is no pipeline from a picture to a class.</exception>
    public static SavedSteps Load(byte[] zip, string pixels, string features)
    {
        ITransformer model;
        DataViewSchema? input;
        try
        {
            using var stream = new MemoryStream(zip, writable: false);
            model = new MLContext().Model.Load(stream, out input);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // ML.NET throws what the damaged part happens to cause.
            throw new InvalidDataException($"ML.NET cannot load it: {exception.GetBaseException().Message}", exception);
        }
        try
        {
            return TakeApart(model, input, pixels, features);
        }
        catch
        {
            (model as IDisposable)?.Dispose();
            throw;
        }
    }

    /// <summary>The way from a picture to its bytes; one for each thread.</summary>
    public PixelReader Reader(string pixels) => new(((ITransformer)_preprocessing).GetRowToRowMapper(_schema), new PictureRow(_schema, _picture), pixels);

    public void Dispose() => (_model as IDisposable)?.Dispose();

    private static SavedSteps TakeApart(ITransformer model, DataViewSchema? input, string pixels, string features)
    {
        List<ITransformer> steps = [.. Flatten(model)];
        int head = steps.FindLastIndex(step => step is ISingleFeaturePredictionTransformer<object> scorer && scorer.FeatureColumnName == features);
        int network = head < 0 ? -1 : steps.FindLastIndex(head, step => step is OnnxTransformer);
        if (network < 0 || ((ISingleFeaturePredictionTransformer<object>)steps[head]).Model is not MaximumEntropyModelParameters classifier)
            throw new InvalidDataException("it lacks the classifier behind its network");
        int loading = steps.FindLastIndex(network, step => step is ImageLoadingTransformer);
        DataViewSchema schema = SchemaBefore(steps, loading + 1, input);
        var preprocessing = new TransformerChain<ITransformer>([.. steps[(loading + 1)..network]]);
        IRowToRowMapper mapper = ((ITransformer)preprocessing).GetRowToRowMapper(schema);
        if (mapper.OutputSchema.GetColumnOrNull(pixels) is not { } column || mapper.GetDependencies([column]).ToArray() is not [{ Type: ImageDataViewType } picture])
            throw new InvalidDataException("its network does not read a picture alone");
        // ML.NET's own session of the network is not needed.
        ((IDisposable)steps[network]).Dispose();
        return new SavedSteps(model, preprocessing, schema, picture.Name, classifier);
    }

    private static DataViewSchema SchemaBefore(List<ITransformer> steps, int index, DataViewSchema? input)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input ?? Enumerable.Empty<DataViewSchema.Column>());
        // ML.NET saves no picture columns with a model's input: a pipeline that begins with decoded pictures reads the trainer's default column.
        if (index == 0)
            builder.AddColumn("Image", new ImageDataViewType());
        return steps.Take(index).Aggregate(builder.ToSchema(), (schema, step) => step.GetOutputSchema(schema));
    }

    private static IEnumerable<ITransformer> Flatten(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [transformer];
}
