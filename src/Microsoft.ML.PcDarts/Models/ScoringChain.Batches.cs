using Google.Protobuf;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Scoring;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML.PcDarts.Models;

internal sealed partial class ScoringChain
{
    private ScoringSession? _session;

    /// <summary>The network up to the pooled features, opened on first use.</summary>
    public ScoringSession Session
    {
        get
        {
            lock (Transformer)
            {
                return _session ??= new ScoringSession(
                    _model.Writer().Backbone(Pixels, Features).ToByteArray(), new ScoringSettings { GpuDeviceId = MlNetAccess.GpuDeviceId(_environment) });
            }
        }
    }

    /// <summary>The same view as that of <see cref="Transformer"/>, with the network run on batches; all else is made by the stock
    /// transformers.</summary>
    /// <param name="input">Data with the image column.</param>
    /// <param name="session">Gives an open session of this model whenever a cursor needs one; this chain's own may be closed by then.</param>
    public IDataView Transform(IDataView input, Func<ScoringSession> session)
    {
        // As TransformerChain does: a wrong column is named now and not when the first row is read.
        _ = Transformer.GetOutputSchema(input.Schema);
        IDataView view = input;
        foreach (ITransformer step in Transformer)
            view = step is OnnxTransformer onnx ? new BatchedFeatures(view, onnx, Pixels, Features, session) : step.Transform(view);
        return view;
    }
}
