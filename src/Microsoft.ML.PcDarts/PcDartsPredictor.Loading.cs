using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.PcDarts.Scoring;

namespace Microsoft.ML.PcDarts;

/// <content>Loading of a model from a stream.</content>
public sealed partial class PcDartsPredictor
{
    private static PcDartsPredictor Load(Stream stream, string name, Options? options)
    {
        options ??= new Options();
        ScoringSettings settings = options.Validate();
        using MemoryStream content = Copy(stream, name);
        SavedClassifier classifier = SavedClassifier.Read(content, name);
        ScoringSession? session = null;
        try
        {
            session = new ScoringSession(classifier.Network, settings);
            if (session.OutputLength != classifier.Info.ClassNames.Count)
            {
                throw new InvalidDataException(
                    $"its network has {session.OutputLength} classes and {classifier.Info.ClassNames.Count} class names");
            }

            // A network that ONNX Runtime cannot run, or whose numbers overflow, is refused here and not at the first picture.
            _ = new PcDartsPrediction(classifier.Info.ClassNames, session.Probe());
            return new PcDartsPredictor(classifier, session, settings, options);
        }
        catch (Exception exception)
        {
            session?.Dispose();
            classifier.Dispose();
            if (exception is OnnxRuntimeException or InvalidDataException)
                throw OnnxModelFile.Incomplete(name, exception);
            throw;
        }
    }

    // A stream may be endless.
    private static MemoryStream Copy(Stream stream, string name)
    {
        var content = new MemoryStream();
        byte[] piece = new byte[1 << 16];
        while (stream.Read(piece) is var count and > 0)
        {
            if (content.Length + count > ArchiveLimits.MaximumBytes)
                throw OnnxModelFile.Incomplete(name, new InvalidDataException($"it has more than {ArchiveLimits.MaximumBytes} bytes"));
            content.Write(piece, 0, count);
        }

        content.Position = 0;
        return content;
    }
}
