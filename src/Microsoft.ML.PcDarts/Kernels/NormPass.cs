using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Mean and squared distances of every plane of a map.</summary>
internal sealed class MapMoments(int images, int channels)
{
    private readonly (double Mean, double Squares)[] _planes = new (double, double)[images * channels];

    internal (double Mean, double Squares) this[int image, int channel]
    {
        set => _planes[image * channels + channel] = value;
    }

    /// <summary>Mean and biased variance of a channel over the batch.</summary>
    internal (double Mean, double Variance) Of(int channel, int pixels)
    {
        double mean = 0, squares = 0;
        for (int image = 0; image < images; image++)
            mean += _planes[image * channels + channel].Mean;
        mean /= images;
        for (int image = 0; image < images; image++)
        {
            (double planeMean, double planeSquares) = _planes[image * channels + channel];
            squares += planeSquares + pixels * (planeMean - mean) * (planeMean - mean);
        }

        return (mean, squares / ((double)images * pixels));
    }
}

/// <summary>
/// A batch norm during one pass through a cell. Forward it is y = Scale · (z − Mean) + Shift. Its input's gradient is A · g + B · (z − Mean) + C, where g is the gradient of the
/// output before the factor that the branch has in the mixture.
/// </summary>
internal sealed class NormPass
{
    private readonly BatchNorm2d _norm;
    private readonly int _images, _pixels;
    private readonly float[] _gamma, _delta;
    private readonly double[] _sums, _products;

    /// <param name="norm">The batch norm.</param>
    /// <param name="images">Pictures of the batch.</param>
    /// <param name="pixels">Pixels of a plane.</param>
    internal NormPass(BatchNorm2d norm, int images, int pixels)
    {
        _norm = norm;
        _images = images;
        _pixels = pixels;
        Channels = (int)norm.running_mean!.NumberOfElements;
        _gamma = Values(norm.weight, 1);
        _delta = Values(norm.bias, 0);
        (Mean, InverseDeviation, Scale, Shift) = (new float[Channels], new float[Channels], new float[Channels], new float[Channels]);
        (A, B, C) = (new float[Channels], new float[Channels], new float[Channels]);
        _sums = new double[images * Channels];
        _products = new double[images * Channels];
    }

    internal int Channels { get; }

    internal float[] Mean { get; }

    internal float[] InverseDeviation { get; }

    internal float[] Scale { get; }

    internal float[] Shift { get; }

    internal float[] A { get; }

    internal float[] B { get; }

    internal float[] C { get; }

    /// <summary>Σ over channels of gradient · output: the gradient of the branch's factor. Set by <see cref="Backward"/>.</summary>
    internal double FactorGradient { get; private set; }

    /// <summary>Takes the batch's statistics and moves the running ones towards them.</summary>
    internal void FromBatch(MapMoments moments)
    {
        float[] runningMean = Values(_norm.running_mean, 0), runningVariance = Values(_norm.running_var, 1);
        double momentum = _norm.MovingRate();
        double count = (double)_images * _pixels;
        for (int c = 0; c < Channels; c++)
        {
            (double mean, double variance) = moments.Of(c, _pixels);
            Set(c, mean, variance);
            runningMean[c] += (float)(momentum * (mean - runningMean[c]));
            runningVariance[c] += (float)(momentum * (variance * count / (count - 1) - runningVariance[c]));
        }

        CellMemory.Write(runningMean, _norm.running_mean!);
        CellMemory.Write(runningVariance, _norm.running_var!);
    }

    /// <summary>Takes the running statistics: evaluation.</summary>
    internal void FromRunning()
    {
        float[] mean = Values(_norm.running_mean, 0), variance = Values(_norm.running_var, 1);
        for (int c = 0; c < Channels; c++)
            Set(c, mean[c], variance[c]);
    }

    /// <summary>Notes Σ g and Σ g · (z − mean) over a plane.</summary>
    internal void Note(int image, int channel, double sum, double product)
    {
        _sums[image * Channels + channel] = sum;
        _products[image * Channels + channel] = product * InverseDeviation[channel];
    }

    /// <summary>Makes A, B and C from the sums; adds the gradients of γ and δ to the parameters that want them.</summary>
    /// <param name="factor">The branch's factor in the mixture.</param>
    internal void Backward(double factor = 1)
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
            double slope = factor * _gamma[c] * InverseDeviation[c];
            A[c] = (float)slope;
            B[c] = (float)(-slope * product / count * InverseDeviation[c]);
            C[c] = (float)(-slope * sum / count);
        }

        CellMemory.AddGradient(_norm.weight, gammaGradient);
        CellMemory.AddGradient(_norm.bias, deltaGradient);
    }

    private void Set(int channel, double mean, double variance)
    {
        double inverse = 1 / Math.Sqrt(variance + _norm.eps);
        Mean[channel] = (float)mean;
        InverseDeviation[channel] = (float)inverse;
        Scale[channel] = (float)(_gamma[channel] * inverse);
        Shift[channel] = _delta[channel];
    }

    private float[] Values(torch.Tensor? tensor, float missing)
        => tensor is null ? [.. Enumerable.Repeat(missing, Channels)] : CellMemory.Read(tensor);
}
