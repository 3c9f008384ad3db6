namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>
/// Units: the moments of every plane of a map (its mean, and the sum of the squared distances from it), for a batch norm.
/// </summary>
internal sealed class MapMoments(int images, int channels)
{
    private readonly (double Mean, double Squares)[] _planes = new (double, double)[images * channels];

    public (double Mean, double Squares) this[int image, int channel]
    {
        set => _planes[image * channels + channel] = value;
    }

    /// <summary>Mean and biased variance of a channel over the batch.</summary>
    public (double Mean, double Variance) Of(int channel, int pixels)
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
