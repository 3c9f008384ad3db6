using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms.Image;
using Microsoft.ML.Transforms.Onnx;

namespace PcDarts.Web.Models;

/// <summary>
/// A model.zip as ML.NET loads it, taken apart: the saved steps from a picture to the network's bytes, and the classifier behind the
/// network.
/// </summary>
internal sealed class SavedSteps : IDisposable
{
    private readonly ITransformer _model;
    private readonly TransformerChain<ITransformer> _preprocessing;
    private readonly DataViewSchema _schema;
    private readonly string _picture;

    private SavedSteps(ITransformer model, TransformerChain<ITransformer> preprocessing, DataViewSchema schema, string picture,
        MaximumEntropyModelParameters classifier)
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
        try
        {
            using var stream = new MemoryStream(zip, writable: false);
            model = new MLContext().Model.Load(stream, out _);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // ML.NET throws what the damaged part happens to cause; the cause stays inside.
            throw new InvalidDataException($"ML.NET cannot load it: {exception.GetBaseException().Message}", exception);
        }
        try
        {
            return TakeApart(model, pixels, features);
        }
        catch
        {
            (model as IDisposable)?.Dispose();
            throw;
        }
    }

    /// <summary>The way from a picture to its bytes; one for each thread.</summary>
    public PixelReader Reader(string pixels)
        => new(((ITransformer)_preprocessing).GetRowToRowMapper(_schema), new PictureRow(_schema, _picture), pixels);

    public void Dispose() => (_model as IDisposable)?.Dispose();

    private static SavedSteps TakeApart(ITransformer model, string pixels, string features)
    {
        List<ITransformer> steps = [.. Flatten(model)];
        int head = steps.FindLastIndex(step => step is ISingleFeaturePredictionTransformer<object> scorer
            && scorer.FeatureColumnName == features);
        int network = head < 0 ? -1 : steps.FindLastIndex(head, step => step is OnnxTransformer);
        if (network < 0 || ((ISingleFeaturePredictionTransformer<object>)steps[head]).Model is not MaximumEntropyModelParameters classifier)
            throw new InvalidDataException("it lacks the classifier behind its network");
        int loading = steps.FindLastIndex(network, step => step is ImageLoadingTransformer);
        DataViewSchema schema = loading < 0
            ? PictureSchema(["Image"])
            : PictureSchema(ColumnsOf((ImageLoadingTransformer)steps[loading]).Select(pair => pair.Output));
        TransformerChain<ITransformer> preprocessing = ReadingPictures(steps[(loading + 1)..network], schema);
        IRowToRowMapper mapper = ((ITransformer)preprocessing).GetRowToRowMapper(schema);
        if (mapper.OutputSchema.GetColumnOrNull(pixels) is not { } column
            || mapper.GetDependencies([column]).ToArray() is not [{ Type: ImageDataViewType } picture])
            throw new InvalidDataException("its network does not read a picture alone");
        // ML.NET's own session of the network is not needed.
        ((IDisposable)steps[network]).Dispose();
        return new SavedSteps(model, preprocessing, schema, picture.Name, classifier);
    }

    // What is loaded from files, or the trainer's default column where a pipeline begins with decoded pictures: ML.NET saves no picture
    // columns with a model's input, and some models are saved without any input.
    private static DataViewSchema PictureSchema(IEnumerable<string> columns)
    {
        var builder = new DataViewSchema.Builder();
        foreach (string column in columns)
            builder.AddColumn(column, new ImageDataViewType());
        return builder.ToSchema();
    }

    // Steps that read other columns, such as the label, have no part in what the network reads.
    private static TransformerChain<ITransformer> ReadingPictures(IEnumerable<ITransformer> steps, DataViewSchema schema)
    {
        List<ITransformer> reading = [];
        foreach (ITransformer step in steps)
        {
            try
            {
                schema = step.GetOutputSchema(schema);
            }
            catch (ArgumentException)
            {
                continue;
            }
            reading.Add(step);
        }
        return new TransformerChain<ITransformer>([.. reading]);
    }

    // The names of what it makes and reads, which ML.NET tells nobody else.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Columns")]
    private static extern IReadOnlyCollection<(string Output, string Input)> ColumnsOf(ImageLoadingTransformer loader);

    private static IEnumerable<ITransformer> Flatten(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [transformer];
}
