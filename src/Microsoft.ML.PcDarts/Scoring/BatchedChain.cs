using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>A model's stock transformers, and a way to the same scores that runs the network on batches of rows.</summary>
/// <param name="chain">The transformers; owned.</param>
/// <param name="settings">How the network is run.</param>
internal sealed class BatchedChain(ScoringChain chain, ScoringSettings settings) : IDisposable
{
    private ScoringSession? _session;

    public TransformerChain<ITransformer> Transformer => chain.Transformer;

    /// <summary>The network up to the pooled features, opened on first use.</summary>
    public ScoringSession Session
    {
        get
        {
            lock (Transformer)
                return _session ??= new ScoringSession(chain.Backbone(), settings);
        }
    }

    /// <summary>
    /// The same view as that of <see cref="Transformer"/>, with the network run on batches; all else is made by the stock transformers.
    /// </summary>
    /// <param name="input">Data with the image column.</param>
    /// <param name="session">Gives an open session of this model whenever a cursor needs one; this chain's own may be closed by
    /// then.</param>
    public IDataView Transform(IDataView input, Func<ScoringSession> session)
    {
        // As TransformerChain does: a wrong column is named now and not when the first row is read.
        _ = Transformer.GetOutputSchema(input.Schema);
        IDataView view = input;
        foreach (ITransformer step in Transformer)
            view = step is OnnxTransformer onnx
                ? new BatchedFeatures(view, onnx, chain.Pixels, chain.Features, session)
                : step.Transform(view);
        return view;
    }

    /// <inheritdoc cref="ScoringChain.Save"/>
    public void Save(ModelSaveContext context) => chain.Save(context);

    /// <summary>Closes the ONNX sessions.</summary>
    public void Dispose()
    {
        lock (Transformer)
        {
            _session?.Dispose();
            _session = null;
            chain.Dispose();
        }
    }
}
