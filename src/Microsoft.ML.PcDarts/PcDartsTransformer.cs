using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Scoring;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// A trained network as an ML.NET model: <see cref="MLImage"/> of any size in, class probabilities and predicted label out.
/// </summary>
/// <remarks>
/// <para>It consists of stock ML.NET transformers around an ONNX model, and is saved as those: <c>mlContext.Model.Load</c> reads the file
/// in a process that has Microsoft.ML, Microsoft.ML.ImageAnalytics, Microsoft.ML.OnnxTransformer and Microsoft.ML.OnnxRuntime, without this
/// library and without libtorch. A loaded model is a <see cref="TransformerChain{TLastTransformer}"/>; <see cref="PcDartsModelInfo"/> reads
/// its genotype and history.</para>
/// <para>Scoring is safe from several threads, one <see cref="PredictionEngine{TSrc, TDst}"/> each.</para>
/// </remarks>
public sealed class PcDartsTransformer : ITransformer, IDisposable
{
    private readonly IHostEnvironment _environment;
    private readonly DiscoveredModel _model;
    private readonly DataViewSchema _trainSchema;
    private readonly ColumnNames _columns;
    private readonly Lock _gate = new();
    private BatchedChain? _chain;

    private PcDartsTransformer(IHostEnvironment env, DiscoveredModel model, DataViewSchema trainSchema, ColumnNames columns)
    {
        _environment = env;
        _model = model;
        _trainSchema = trainSchema;
        _columns = columns;
        Size = NetworkSize.Of(model.Genotype, model.Shape);
    }

    /// <summary>The architecture that the search found, or that was given.</summary>
    public Genotype Genotype => _model.Genotype;

    /// <summary>Channels, cells, classes and picture size of the network.</summary>
    public NetworkShape Shape => _model.Shape;

    /// <summary>Parameters and multiply-adds of the network.</summary>
    public NetworkSize Size { get; }

    /// <summary>The classes in the order of the label's key values, which is that of the score's slots.</summary>
    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    /// <summary>Losses, accuracies and times of the search and of the training.</summary>
    public TrainingHistory History => _model.History;

    internal DiscoveredModel Model => _model;

    bool ITransformer.IsRowToRowMapper => true;

    internal static PcDartsTransformer Create(IHostEnvironment env, DiscoveredModel model, DataViewSchema trainSchema, ColumnNames columns)
    {
        var transformer = new PcDartsTransformer(env, model, trainSchema, columns);
        transformer.Open();
        return transformer;
    }

    /// <summary>The schema of the scored data.</summary>
    /// <param name="inputSchema">Schema of the data to score; it must have the image column.</param>
    /// <returns>The input's columns, then the probabilities (float32 vector) and the predicted label (key).</returns>
    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Open().Transformer.GetOutputSchema(inputSchema);

    /// <summary>Scores data lazily, as it is read.</summary>
    /// <remarks>A cursor that is asked for scores reads rows ahead, up to 64 for each of twice the cores, and runs the network on batches
    /// of them on the thread pool; order, ids and values of the rows stay the same. One that is also asked for pictures or other objects
    /// scores row by row, as does a loaded model, of which <see cref="PcDartsPredictor"/> is the fast form.</remarks>
    /// <param name="input">Data with the image column.</param>
    /// <returns>The data with probabilities and predicted label.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or of another type.</exception>
    public IDataView Transform(IDataView input) => Open().Transform(input, () => Open().Session);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
        => ((ITransformer)Open().Transformer).GetRowToRowMapper(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => Open().Save(ctx);

    /// <summary>
    /// Writes the whole classifier as one ONNX file (IR version 8, operator set 17): <c>image [N, 3, H, W] uint8</c>, RGB, 0 … 255, at
    /// the size of <see cref="Shape"/> → <c>probabilities [N, classes] float32</c> and <c>logits [N, classes] float32</c>. N is free, so
    /// pictures can be scored in batches.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced only once the new one is complete.</param>
    /// <param name="options">Storage of the weights, type of the pixels, maps as further outputs. Null for the form above.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void SaveOnnx(string path, PcDartsOnnxOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (options is not null && !Enum.IsDefined(options.WeightType))
        {
            throw new ArgumentException(
                $"WeightType {options.WeightType} is not a value of {nameof(OnnxWeightType)}; use "
                    + $"{string.Join(" or ", Enum.GetNames<OnnxWeightType>())}.",
                nameof(options));
        }

        AtomicFile.Write(path, stream => _model.WriteOnnx(stream, options));
    }

    /// <summary>
    /// Writes the trained weights as a safetensors file: float32 under the names of the paper's code, so that PyTorch loads them into its
    /// network; the metadata hold genotype, shape, classes, normalization and history. <see cref="PcDartsModelCatalog.LoadPcDartsWeights"/>
    /// makes a model of the file.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced only once the new one is complete.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void SaveWeights(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        WeightsFile.Write(path, _model);
    }

    /// <summary>
    /// Closes the ONNX session. Prediction engines made from this model end with it; the model itself stays usable, and opens a new
    /// session when it is next used.
    /// </summary>
    // ML.NET disposes the model along with a prediction engine: a second engine, or saving afterwards, must still work.
    public void Dispose()
    {
        lock (_gate)
        {
            _chain?.Dispose();
            _chain = null;
        }
    }

    private BatchedChain Open()
    {
        lock (_gate)
        {
            return _chain ??= new BatchedChain(
                new ScoringChain(_environment, _model, _trainSchema, _columns),
                new ScoringSettings { GpuDeviceId = MlNetAccess.GpuDeviceId(_environment) });
        }
    }
}
