using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Models.Onnx;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>
/// The network with a further output: for each class the last cell's maps weighted by the classifier, which tells how much each place
/// speaks for the class. As the classifier reads averages of those maps, this is Grad-CAM (Selvaraju et al. 2017) up to a factor, and class
/// activation mapping (Zhou et al. 2016).
/// </summary>
internal sealed class ActivationMaps : IDisposable
{
    private const string Output = "class_activation";
    private readonly SavedClassifier _classifier;
    private readonly InferenceSession _session;
    private readonly string _input, _probabilities;
    private readonly long[] _picture;

    /// <param name="classifier">The model; not owned.</param>
    /// <param name="settings">Threads and device.</param>
    /// <exception cref="InvalidDataException">The network does not end as this library writes it.</exception>
    public ActivationMaps(SavedClassifier classifier, ScoringSettings settings)
    {
        _classifier = classifier;
        ModelProto model = ModelProto.Parser.ParseFrom(classifier.Network);
        ValueInfoProto probabilities = model.Graph.Output[0];
        _probabilities = probabilities.Name;
        if (model.Graph.Node.Where(node => node.OpType == "GlobalAveragePool").ToArray() is not [{ Input: [var map] }]
            || model.Graph.Node.Where(node => node.OpType == "Gemm").ToArray() is not [{ Input: [_, var weight, ..] }])
        {
            throw new InvalidDataException("The network does not end with one global average and one linear layer, "
                + "as this library writes it; there is no map of it.");
        }

        new OnnxGraph(model.Graph).ClassActivation(map, weight, Output);
        model.Graph.Output.Add(probabilities);
        _session = settings.Open(model.ToByteArray());
        (_input, NodeMetadata pixels) = _session.InputMetadata.Single();
        _picture = [1, .. pixels.Dimensions[1..].Select(size => (long)size)];
    }

    /// <summary>Scores a picture and maps a class.</summary>
    /// <param name="image">Any size; not disposed.</param>
    /// <param name="label">Number of the class; null for the likeliest.</param>
    /// <returns>The prediction and, for the class, a plane of values with its height and width.</returns>
    public (PcDartsPrediction Prediction, int Label, float[] Plane, int Height, int Width) Run(MLImage image, int? label)
    {
        using ScoringBuffers buffers = new(_classifier.Extractor());
        int length = (int)_picture.Aggregate(1L, (product, size) => product * size);
        buffers.Reserve(length, 1);
        buffers.Extract(new DecodedPicture(image, isTurned: false, lease: null), 0);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance,
            buffers.Pixels.AsMemory(0, length), _picture);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(options, [_input], [input], [_probabilities, Output]);
        float[] probabilities = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        int shown = label ?? Array.IndexOf(probabilities, probabilities.Max());
        long[] shape = outputs[1].GetTensorTypeAndShape().Shape; // [1, classes, H, W]
        int plane = (int)(shape[2] * shape[3]);
        float[] values = outputs[1].GetTensorDataAsSpan<float>().Slice(shown * plane, plane).ToArray();
        return (new PcDartsPrediction(_classifier.Info.ClassNames, probabilities), shown, values, (int)shape[2], (int)shape[3]);
    }

    public void Dispose() => _session.Dispose();
}
