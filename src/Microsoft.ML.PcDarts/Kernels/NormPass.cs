using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Units: a batch norm during one pass through a cell. Forward, a map z becomes y = Scale · (z − Mean) + Shift; the branch adds factor · y
/// to its node. Backward, the gradient g of that product gives GradientScale · g + GradientSlope · (z − Mean) + GradientOffset, the
/// gradient of z.
/// </summary>
internal sealed class NormPass
{
    private readonly BatchNorm2d _norm;
    private readonly int _images, _pixels;
    private readonly float[] _gamma, _delta, _inverseDeviation;
    private readonly double[] _sums, _products;

    /// <param name="norm">The batch norm.</param>
    /// <param name="images">Images of the batch.</param>
    /// <param name="pixels">Pixels of a plane.</param>
    public NormPass(BatchNorm2d norm, int images, int pixels)
    {
        _norm = norm;
        _images = images;
        _pixels = pixels;
        Channels = (int)norm.running_mean!.NumberOfElements;
        _gamma = Read(norm.weight, missing: 1);
        _delta = Read(norm.bias, missing: 0);
        _inverseDeviation = new float[Channels];
        (Mean, Scale, Shift) = (new float[Channels], new float[Channels], new float[Channels]);
        (GradientScale, GradientSlope, GradientOffset) = (new float[Channels], new float[Channels], new float[Channels]);
        _sums = new double[images * Channels];
        _products = new double[images * Channels];
    }

    public int Channels { get; }

    public float[] Mean { get; }

    public float[] Scale { get; }

    public float[] Shift { get; }

    public float[] GradientScale { get; }

    public float[] GradientSlope { get; }

    public float[] GradientOffset { get; }

    /// <summary>Σ g · y over the batch: the gradient of the branch's factor. Set by <see cref="Backward"/>.</summary>
    public double FactorGradient { get; private set; }

    /// <summary>Normalizes with the statistics of the batch and moves the running ones towards them.</summary>
    public void UseBatchStatistics(MapMoments moments)
    {
        float[] runningMean = Read(_norm.running_mean, missing: 0), runningVariance = Read(_norm.running_var, missing: 1);
        double momentum = _norm.MovingRate();
        double count = (double)_images * _pixels;
        for (int c = 0; c < Channels; c++)
        {
            (double mean, double variance) = moments.Of(c, _pixels);
            Set(c, mean, variance);
            runningMean[c] += (float)(momentum * (mean - runningMean[c]));
            runningVariance[c] += (float)(momentum * (variance * count / (count - 1) - runningVariance[c]));
        }

        TensorMemory.Write(runningMean, _norm.running_mean!);
        TensorMemory.Write(runningVariance, _norm.running_var!);
    }

    /// <summary>Normalizes with the running statistics, as in evaluation.</summary>
    public void UseRunningStatistics()
    {
        float[] mean = Read(_norm.running_mean, missing: 0), variance = Read(_norm.running_var, missing: 1);
        for (int c = 0; c < Channels; c++)
            Set(c, mean[c], variance[c]);
    }

    /// <summary>Sets the sums over a plane that <see cref="Backward"/> adds up.</summary>
    /// <param name="image">The image.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="sum">Σ g.</param>
    /// <param name="product">Σ g · (z − Mean).</param>
    public void SetGradientSums(int image, int channel, double sum, double product)
    {
        _sums[image * Channels + channel] = sum;
        _products[image * Channels + channel] = product * _inverseDeviation[channel];
    }

    /// <summary>
    /// Computes the coefficients of the input's gradient; adds the gradients of γ and δ to the parameters that require them.
    /// </summary>
    /// <param name="factor">The branch's factor in the mixture.</param>
    public void Backward(double factor = 1)
    {
        double count = (double)_images * _pixels;
        float[] gammaGradient = new float[Channels], deltaGradient = new float[Channels];
        FactorGradient = 0;
        for (int c = 0; c < Channels; c++)
        {
            double sum = 0, product = 0;
            for (int image = 0; image < _images; image++)
            {
                sum += _sums[image * Channels + c];
                product += _products[image * Channels + c];
            }

            FactorGradient += _gamma[c] * product + _delta[c] * sum;
            (gammaGradient[c], deltaGradient[c]) = ((float)(factor * product), (float)(factor * sum));
            double scale = factor * _gamma[c] * _inverseDeviation[c];
            GradientScale[c] = (float)scale;
            GradientSlope[c] = (float)(-scale * product / count * _inverseDeviation[c]);
            GradientOffset[c] = (float)(-scale * sum / count);
        }

        TensorMemory.AddGradient(_norm.weight, gammaGradient);
        TensorMemory.AddGradient(_norm.bias, deltaGradient);
    }

    private void Set(int channel, double mean, double variance)
    {
        double inverse = 1 / Math.Sqrt(variance + _norm.eps);
        Mean[channel] = (float)mean;
        _inverseDeviation[channel] = (float)inverse;
        Scale[channel] = (float)(_gamma[channel] * inverse);
        Shift[channel] = _delta[channel];
    }

    private float[] Read(torch.Tensor? tensor, float missing)
        => tensor is null ? [.. Enumerable.Repeat(missing, Channels)] : TensorMemory.Read(tensor);
}
