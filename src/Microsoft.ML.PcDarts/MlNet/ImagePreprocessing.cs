using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>
/// The one way from a picture to the bytes that the network sees, used for reading the training data and saved in the model alike.
/// </summary>
/// <remarks>
/// Pictures are stretched to the given size (nearest neighbor; no change at equal size). Gray becomes three equal channels.
/// Half-transparent pixels come out as ML.NET decodes them: multiplied by their alpha, that is, on black.
/// </remarks>
internal static class ImagePreprocessing
{
    /// <summary>Resize, then extract bytes in planes: <c>Vector&lt;Byte, 3, H, W&gt;</c>, RGB.</summary>
    /// <param name="env">Environment that the transformers log to.</param>
    /// <param name="imageColumn">Input: an MLImage of any size.</param>
    /// <param name="resizedColumn">Name of the intermediate MLImage column.</param>
    /// <param name="pixelsColumn">Name of the output column.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    public static EstimatorChain<ImagePixelExtractingTransformer> Estimator(
        IHostEnvironment env, string imageColumn, string resizedColumn, string pixelsColumn, int width, int height)
    {
        TransformsCatalog transforms = MlNetAccess.TransformsOf(env);
        return transforms.ResizeImages(resizedColumn, width, height, imageColumn, ImageResizingEstimator.ResizingKind.Fill)
            .Append(transforms.ExtractPixels(
                pixelsColumn,
                resizedColumn,
                orderOfExtraction: ImagePixelExtractingEstimator.ColorsOrder.ARGB,
                interleavePixelColors: false,
                outputAsFloatArray: false));
    }
}
