using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML.PcDarts.Models;

/// <summary>
/// The model as stock ML.NET transformers, which any process can load: resize → pixels → ONNX backbone → linear softmax classifier → drop
/// the private columns.
/// </summary>
internal sealed class ScoringChain : IDisposable
{
    private const string Score = DefaultColumnNames.Score;
    private readonly IHostEnvironment _environment;
    private readonly DiscoveredModel _model;
    private readonly string _file;
    private readonly string _prefix;

    /// <param name="env">Where the transformers log, and whose temporary folder and GPU settings they use.</param>
    /// <param name="model">The trained network.</param>
    /// <param name="trainSchema">The training data's schema, with the label's key values.</param>
    /// <param name="columns">The input and output columns.</param>
    public ScoringChain(IHostEnvironment env, DiscoveredModel model, DataViewSchema trainSchema, ColumnNames columns)
    {
        _environment = env;
        _model = model;
        _prefix = FreePrefix(trainSchema, columns);
        _file = Path.Combine(MlNetAccess.TempFilePath(env), $"pcdarts-{Guid.NewGuid():N}.onnx");
        try
        {
            WriteFile();
            Transformer = new TransformerChain<ITransformer>([.. Transformers(env, trainSchema, columns)]);
        }
        finally
        {
            DeleteFile();
        }
    }

    public TransformerChain<ITransformer> Transformer { get; }

    /// <summary>Column of the network's input.</summary>
    public string Pixels => _prefix + "Pixels";

    /// <summary>Column of the network's output.</summary>
    public string Features => _prefix + "Features";

    /// <summary>The network from <see cref="Pixels"/> to <see cref="Features"/> as an ONNX file.</summary>
    public byte[] Backbone() => _model.Writer().Backbone(Pixels, Features).ToByteArray();

    /// <summary>Saves the stock transformers. ML.NET reads the ONNX model back from the path it was loaded from, so the file stands there
    /// for that time.</summary>
    public void Save(ModelSaveContext context)
    {
        lock (Transformer)
        {
            try
            {
                WriteFile();
                ((ICanSaveModel)Transformer).Save(context);
            }
            finally
            {
                DeleteFile();
            }
        }
    }

    /// <summary>Closes the ONNX session.</summary>
    public void Dispose()
    {
        lock (Transformer)
        {
            Transformer.Dispose();
            DeleteFile();
        }
    }

    private IEnumerable<ITransformer> Transformers(IHostEnvironment env, DataViewSchema trainSchema, ColumnNames columns)
    {
        var input = new DataViewSchema.Builder();
        input.AddColumn(columns.Feature, trainSchema[columns.Feature].Type);
        bool otherScore = columns.Score != Score;
        bool keepScore = otherScore && trainSchema.GetColumnOrNull(Score) is not null;
        if (keepScore)
            input.AddColumn(Score, trainSchema[Score].Type);
        DataViewSchema schema = input.ToSchema();
        TransformsCatalog transforms = MlNetAccess.TransformsOf(env);
        var drop = new List<string> { _prefix + "Resized", Pixels, Features };

        ITransformer Fit<T>(IEstimator<T> estimator)
            where T : class, ITransformer
        {
            T transformer = estimator.Fit(MlNetAccess.EmptyData(env, schema));
            schema = transformer.GetOutputSchema(schema);
            return transformer;
        }

        foreach (ITransformer step in (TransformerChain<Transforms.Image.ImagePixelExtractingTransformer>)Fit(
            ImagePreprocessing.Estimator(env, columns.Feature, drop[0], Pixels, _model.Shape.ImageWidth, _model.Shape.ImageHeight)))
        {
            yield return step;
        }
        yield return Fit(Network(env, transforms));

        // ML.NET's classifier always writes "Score". Under another name it is copied, and a column of the user's that is called Score is
        // put back.
        string predicted = otherScore ? _prefix + "PredictedLabel" : columns.PredictedLabel;
        if (keepScore)
            yield return Fit(transforms.CopyColumns(_prefix + "OldScore", Score));
        var scorer = Classifier(env, schema[Features].Type, trainSchema[columns.Label], columns.Label, predicted);
        schema = scorer.GetOutputSchema(schema);
        yield return scorer;
        if (otherScore)
        {
            yield return Fit(transforms.CopyColumns(columns.Score, Score));
            if (keepScore)
                yield return Fit(transforms.CopyColumns(Score, _prefix + "OldScore"));
            yield return Fit(transforms.CopyColumns(columns.PredictedLabel, predicted));
            drop.Add(predicted);
            if (keepScore)
                drop.Add(_prefix + "OldScore");
            else if (columns.PredictedLabel != Score)
                drop.Add(Score);
        }
        if (columns.PooledFeatures is { } pooled)
            yield return Fit(transforms.CopyColumns(pooled, Features));
        yield return Fit(transforms.DropColumns([.. drop]));
    }

    private OnnxScoringEstimator Network(IHostEnvironment env, TransformsCatalog transforms)
    {
        if (MlNetAccess.GpuDeviceId(env) is not { } gpu)
            return transforms.ApplyOnnxModel(Features, Pixels, _file);
        try
        {
            return transforms.ApplyOnnxModel(Features, Pixels, _file, gpu, fallbackToCpu: true);
        }
        catch (EntryPointNotFoundException)
        {
            // The application trains on the GPU but references the CPU build of ONNX Runtime: a context without a GPU scores on the CPU.
            return new MLContext { TempFilePath = MlNetAccess.TempFilePath(env) }.Transforms.ApplyOnnxModel(Features, Pixels, _file);
        }
    }

    private ITransformer Classifier(
        IHostEnvironment env, DataViewType featuresType, DataViewSchema.Column label, string labelName, string predictedLabel)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(label.Annotations, name => name == "KeyValues");
        var schema = new DataViewSchema.Builder();
        schema.AddColumn(labelName, label.Type, annotations.ToAnnotations());
        schema.AddColumn(Features, featuresType);
        TensorData weight = _model.Weights["classifier.weight"];
        int classes = (int)weight.Shape[0], features = (int)weight.Shape[1];
        VBuffer<float>[] rows = [.. weight.Floats.Chunk(features).Select(row => new VBuffer<float>(features, row))];
        MaximumEntropyModelParameters head = MlNetAccess.SoftmaxHead(env, rows, _model.Weights["classifier.bias"].Floats,
            classes, features);
        return MlNetAccess.Scorer(env, head, schema.ToSchema(), Features, labelName, Score, predictedLabel);
    }

    // Private columns must not hide the user's: the first of "PcDarts.", "PcDarts1.", … that nothing begins with.
    private static string FreePrefix(DataViewSchema schema, ColumnNames columns)
    {
        string[] taken = [.. schema.Select(c => c.Name), columns.Label, columns.Feature, columns.Score, columns.PredictedLabel];
        return Enumerable.Range(0, int.MaxValue).Select(i => i == 0 ? "PcDarts." : $"PcDarts{i}.")
            .First(prefix => !taken.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)));
    }

    private void WriteFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        else if (File.Exists(_file))
            return;
        try
        {
            using var stream = new FileStream(_file, options);
            _model.Writer().Backbone(Pixels, Features).WriteTo(stream);
        }
        catch (Exception exception)
            when (LoadFault.Of("The network cannot be handed to ML.NET", exception, MlNetAccess.TempFilePath(_environment),
                LoadFault.ContextFolder) is { } fault)
        {
            throw fault;
        }
    }

    // ML.NET keeps the file open; Windows then lets it go on Dispose only.
    private void DeleteFile()
    {
        try
        {
            // Where the folder is missing, deleting would hide the error that says so.
            if (File.Exists(_file))
                File.Delete(_file);
        }
        catch (IOException) when (OperatingSystem.IsWindows())
        {
        }
    }
}
