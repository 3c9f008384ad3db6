using System.Runtime.CompilerServices;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Units: a <see cref="ConvolutionUnit"/> during one pass through a cell. It works on one image at a time.</summary>
internal sealed unsafe partial class UnitPass
{
    private const int MaximumTaps = 64;
    private readonly ConvolutionUnit _unit;
    private readonly PlaneShape _inputShape;
    private readonly Taps? _taps;
    private float* _depthwise, _depthwiseReversed, _matrix, _matrixTransposed;

    /// <param name="unit">The unit.</param>
    /// <param name="images">Images of the batch.</param>
    /// <param name="inputShape">Size of the planes it reads.</param>
    public UnitPass(ConvolutionUnit unit, int images, PlaneShape inputShape)
    {
        _unit = unit;
        _inputShape = inputShape;
        OutputShape = unit.Stride == 2 ? inputShape.Halved : inputShape;
        Norm = new NormPass(unit.Norm, images, OutputShape.Pixels);
        Moments = new MapMoments(images, Norm.Channels);
        Inputs = (int)unit.Pointwise[0].weight!.size(1);
        NeedsWeightGradients = unit.Pointwise[0].weight!.requires_grad;
        Columns = Inputs * unit.Pointwise.Count;
        int matrix = Norm.Channels * Columns, kernel = 0;
        if (unit.Depthwise is { } depthwise)
        {
            kernel = (int)depthwise.weight!.size(2);
            _taps = Taps.Of(kernel, (int)depthwise.dilation![0], unit.Stride, OutputShape);
        }

        WeightGradientFloats = Inputs * kernel * kernel * PlaneShape.Lanes + matrix;
        WeightFloats = (2 * Inputs * kernel * kernel + 2 * matrix + 15) / 16 * 16;
    }

    public NormPass Norm { get; }

    public MapMoments Moments { get; }

    public PlaneShape OutputShape { get; }

    /// <summary>Channels it reads.</summary>
    public int Inputs { get; }

    public int Outputs => Norm.Channels;

    /// <summary>Columns of the matrix of the 1×1 convolutions, that is, planes that they read.</summary>
    public int Columns { get; }

    /// <summary>Whether it reads tiles rather than planes.</summary>
    public bool ReadsTiles => _taps is not null;

    /// <summary>Floats of <see cref="CellScratch.Transposed"/> that it needs.</summary>
    public long TransposedFloats => Pointwise.TransposedFloats(Columns, OutputShape.PlaneFloats);

    /// <summary>Whether gradients of the weights are required; as it was when the pass began.</summary>
    public bool NeedsWeightGradients { get; }

    /// <summary>
    /// The map before the norm, [N, outputs] planes. The backward pass of a second unit overwrites it, see <see cref="CellPass"/>.
    /// </summary>
    public float* Map { get; set; }

    public float* MapOf(int image) => Map + (long)image * Outputs * OutputShape.PlaneFloats;

    /// <summary>Computes the map of an image and its moments.</summary>
    /// <param name="image">The image.</param>
    /// <param name="planes">The input before the ReLU, for a unit without a depthwise convolution.</param>
    /// <param name="tiles">The input after the ReLU, as tiles, for a depthwise convolution.</param>
    /// <param name="scratch">Scratch memory.</param>
    /// <param name="moments">Whether to compute the moments.</param>
    public void Forward(int image, float* planes, float* tiles, CellScratch scratch, bool moments)
    {
        float* map = MapOf(image);
        int planeFloats = OutputShape.PlaneFloats;
        if (IsPointwise)
        {
            ForwardPointwise(planes, map, scratch);
        }
        else
        {
            FillPointwiseInput(planes, tiles, scratch);
            Pointwise.Multiply(
                _matrix, Outputs, Columns, scratch.PointwiseInput, OutputShape.ScratchFloats, map, planeFloats, planeFloats);
        }

        if (!moments)
            return;
        for (int c = 0; c < Outputs; c++)
            Moments[image, c] = Planes.Moments(map + c * planeFloats, OutputShape);
    }

    /// <summary>Propagates <see cref="CellScratch.MapGradient"/>, the gradient of the map before the norm.</summary>
    /// <param name="planes">As in <see cref="Forward"/>.</param>
    /// <param name="tiles">As in <see cref="Forward"/>.</param>
    /// <param name="scratch">Scratch memory.</param>
    /// <param name="inputGradient">
    /// To be added to: the gradient of the tiles as row planes (depthwise), or of <paramref name="planes"/>; null if not wanted.
    /// </param>
    public void Backward(float* planes, float* tiles, CellScratch scratch, float* inputGradient)
    {
        int stride = OutputShape.ScratchFloats;
        float* weightGradient = NeedsWeightGradients ? scratch.WeightGradients + WeightGradientOffset : null;
        if (IsPointwise)
        {
            BackwardPointwise(planes, scratch, weightGradient, inputGradient);
            return;
        }

        if (weightGradient != null)
        {
            FillPointwiseInput(planes, tiles, scratch);
            float* matrixGradient = weightGradient + (_taps is null ? 0 : Inputs * _taps.Count * PlaneShape.Lanes);
            Pointwise.AddWeightGradient(
                scratch.MapGradient, stride, Outputs, scratch.PointwiseInput, stride, Columns, OutputShape.PlaneFloats, matrixGradient,
                scratch.Transposed);
        }

        if (inputGradient == null && (weightGradient == null || _taps is null))
            return;
        Pointwise.Multiply(
            _matrixTransposed, Columns, Outputs, scratch.MapGradient, stride, scratch.PointwiseInputGradient, stride,
            OutputShape.PlaneFloats);
        for (int c = 0; c < Inputs; c++)
        {
            float* gradient = scratch.PointwiseInputGradient + c * stride;
            if (_taps is not null)
                BackwardDepthwise(c, tiles, gradient, scratch.GradientTile, weightGradient, inputGradient);
            else
                BackwardSubsampling(c, planes, gradient, inputGradient);
        }
    }

    /// <summary>
    /// The planes that the matrix multiplies: convolved by the depthwise convolution, or subsampled for a factorized reduction.
    /// </summary>
    private void FillPointwiseInput(float* planes, float* tiles, CellScratch scratch)
    {
        int stride = OutputShape.ScratchFloats;
        for (int c = 0; c < Inputs; c++)
        {
            float* plane = scratch.PointwiseInput + c * stride;
            if (_taps is not null)
            {
                float* tile = tiles + (long)c * _taps.Phases * OutputShape.TileFloats + OutputShape.TileOrigin;
                float* rows = OutputShape.RowStride == OutputShape.Width ? plane : scratch.GradientTile;
                TapConvolution.Convolve(
                    tile, _taps, _depthwise + c * _taps.Count, rows, OutputShape.RowStride, OutputShape.Height, accumulate: false);
                if (rows != plane)
                    Planes.Compact(rows, plane, OutputShape);
            }
            else
            {
                for (int offset = 0; offset < _unit.Pointwise.Count; offset++)
                {
                    float* output = plane + offset * Inputs * stride;
                    Tiles.SubsampleRelu(planes + c * _inputShape.PlaneFloats, _inputShape, offset, output, OutputShape);
                }
            }
        }
    }

    [SkipLocalsInit]
    private void BackwardDepthwise(
        int channel, float* tiles, float* gradient, float* gradientTile, float* weightGradient, float* inputGradient)
    {
        Taps taps = _taps!;
        int phases = taps.Phases, rowStride = OutputShape.RowStride, rows = OutputShape.Height;
        Tiles.Fill(gradient, OutputShape, gradientTile);
        float* origin = gradientTile + OutputShape.TileOrigin;
        float* weights = _depthwise + channel * taps.Count;
        if (weightGradient != null)
        {
            float* tile = tiles + (long)channel * phases * OutputShape.TileFloats + OutputShape.TileOrigin;
            TapConvolution.AddWeightGradient(tile, taps, origin, rowStride, rows, weightGradient + channel * taps.Count * PlaneShape.Lanes);
        }

        if (inputGradient == null)
            return;
        inputGradient += channel * phases * OutputShape.ScratchFloats;
        if (phases == 1)
        {
            TapConvolution.Convolve(
                origin, taps, _depthwiseReversed + channel * taps.Count, inputGradient, rowStride, rows, accumulate: true);
            return;
        }

        float* phaseWeights = stackalloc float[MaximumTaps];
        for (int phase = 0; phase < phases; phase++)
        {
            ReadOnlySpan<int> numbers = taps.OfPhase(phase);
            for (int i = 0; i < numbers.Length; i++)
                phaseWeights[i] = weights[numbers[i]];
            TapConvolution.Convolve(
                origin, taps.BackwardOffsets(phase), phaseWeights, numbers.Length, inputGradient + phase * OutputShape.ScratchFloats,
                rowStride, rows, accumulate: true);
        }
    }

    private void BackwardSubsampling(int channel, float* planes, float* gradient, float* inputGradient)
    {
        long plane = (long)channel * _inputShape.PlaneFloats;
        for (int offset = 0; offset < _unit.Pointwise.Count; offset++)
        {
            Tiles.AddSubsampleGradient(
                gradient + offset * Inputs * OutputShape.ScratchFloats, OutputShape, offset, planes + plane, inputGradient + plane,
                _inputShape);
        }
    }
}
