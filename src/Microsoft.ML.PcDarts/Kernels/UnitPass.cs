using System.Runtime.CompilerServices;

namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>A <see cref="ConvolutionUnit"/> during one pass through a cell; works on one picture at a time.</summary>
internal sealed unsafe partial class UnitPass
{
    private const int MostTaps = 64;
    private readonly ConvolutionUnit _unit;
    private float* _depthwise, _reversed, _matrix, _transposed;
    private readonly int _inputs, _columns;
    private readonly PlaneShape _input, _output;
    private readonly Taps? _taps;

    /// <param name="unit">What is computed.</param>
    /// <param name="images">Pictures of the batch.</param>
    /// <param name="input">Size of the planes that it reads.</param>
    internal UnitPass(ConvolutionUnit unit, int images, PlaneShape input)
    {
        _unit = unit;
        _input = input;
        _output = unit.Stride == 2 ? input.Halved : input;
        Norm = new NormPass(unit.Norm, images, _output.Pixels);
        Moments = new MapMoments(images, Norm.Channels);
        _inputs = (int)unit.Pointwise[0].weight!.size(1);
        NeedsWeightGradients = unit.Pointwise[0].weight!.requires_grad;
        _columns = _inputs * unit.Pointwise.Count;
        int outputs = Norm.Channels, matrix = outputs * _columns, kernel = 0;
        if (unit.Depthwise is { } depthwise)
        {
            kernel = (int)depthwise.weight!.size(2);
            _taps = Taps.Of(kernel, (int)depthwise.dilation![0], unit.Stride, _output);
        }

        WeightFloats = _inputs * kernel * kernel * PlaneShape.Lanes + matrix;
        OwnFloats = (2 * _inputs * kernel * kernel + 2 * matrix + 15) / 16 * 16;
    }

    /// <summary>Floats that the copies of the weights take.</summary>
    internal int OwnFloats { get; }

    internal NormPass Norm { get; }

    internal MapMoments Moments { get; }

    internal PlaneShape Output => _output;

    internal int Outputs => Norm.Channels;

    /// <summary>Floats of <see cref="CellScratch.Turned"/> that it needs.</summary>
    internal long TurnedFloats => Pointwise.TurnedFloats(_columns, _output.Size);

    /// <summary>Whether it reads tiles rather than planes.</summary>
    internal bool ReadsTiles => _taps is not null;

    /// <summary>Channels that it reads.</summary>
    internal int Inputs => _inputs;

    /// <summary>Channels of the intermediate map: those that the matrix multiplies.</summary>
    internal int Columns => _columns;

    /// <summary>Floats that the sums of the weights' gradients take in a chunk's memory.</summary>
    internal int WeightFloats { get; }

    /// <summary>Where they lie there.</summary>
    internal long WeightOffset { get; set; }

    /// <summary>The map before the norm, [N, outputs] planes. After the backward pass of a second unit it holds the gradient that the first unit's norm receives.</summary>
    internal float* Map { get; set; }

    /// <summary>Whether gradients of the weights are wanted, as it stood when the pass began.</summary>
    internal bool NeedsWeightGradients { get; }

    internal float* MapOf(int image) => Map + (long)image * Outputs * _output.Size;

    /// <summary>Convolves a picture and notes the moments of the result.</summary>
    /// <param name="image">The picture's number.</param>
    /// <param name="planes">What it reads, not rectified; used when there is no depthwise convolution.</param>
    /// <param name="tiles">What it reads, rectified, as tiles; used by depthwise convolutions.</param>
    /// <param name="scratch">Scratch memory.</param>
    /// <param name="moments">Whether the moments are wanted.</param>
    internal void Forward(int image, float* planes, float* tiles, CellScratch scratch, bool moments)
    {
        float* map = MapOf(image);
        if (_taps is null && _unit.Stride == 1)
        {
            ForwardPlain(planes, map, scratch.Maps);
        }
        else
        {
            Convolve(planes, tiles, scratch.Maps, scratch.GradientTile);
            Pointwise.Multiply(_matrix, Outputs, _columns, scratch.Maps, _output.ScratchSize, map, _output.Size, _output.Size);
        }

        if (!moments)
            return;
        for (int c = 0; c < Outputs; c++)
            Moments[image, c] = Planes.Moments(map + c * _output.Size, _output);
    }

    /// <summary>Propagates <see cref="CellScratch.Gradients"/>, the gradient of the map before the norm.</summary>
    /// <param name="planes">As in <see cref="Forward"/>.</param>
    /// <param name="tiles">As in <see cref="Forward"/>.</param>
    /// <param name="scratch">Scratch memory.</param>
    /// <param name="target">
    /// Receives the sum: gradients of the tiles as row planes before the ReLU's mask (depthwise), or of <paramref name="planes"/>; null if not wanted.
    /// </param>
    internal void Backward(float* planes, float* tiles, CellScratch scratch, float* target)
    {
        int step = _output.ScratchSize;
        float* sums = scratch.WeightGradients + WeightOffset;
        bool weights = NeedsWeightGradients;
        if (_taps is null && _unit.Stride == 1)
        {
            BackwardPlain(planes, scratch, weights ? sums : null, target);
            return;
        }

        if (weights)
        {
            Convolve(planes, tiles, scratch.Maps, scratch.GradientTile);
            float* matrixSums = sums + (_taps is null ? 0 : _inputs * _taps.Count * PlaneShape.Lanes);
            Pointwise.Outer(scratch.Gradients, step, Outputs, scratch.Maps, step, _columns, _output.Size, matrixSums, scratch.Turned);
        }

        if (target == null && !(weights && _taps is not null))
            return;
        Pointwise.Multiply(_transposed, _columns, Outputs, scratch.Gradients, step, scratch.MapGradients, step, _output.Size);
        for (int c = 0; c < _inputs; c++)
        {
            float* gradient = scratch.MapGradients + c * step;
            if (_taps is not null)
                BackwardTaps(c, tiles, gradient, scratch.GradientTile, weights ? sums : null, target);
            else
                AddPicked(c, planes, gradient, target);
        }
    }

    /// <summary>The planes that the matrix multiplies.</summary>
    private void Convolve(float* planes, float* tiles, float* maps, float* rowPlane)
    {
        int step = _output.ScratchSize;
        for (int c = 0; c < _inputs; c++)
        {
            float* map = maps + c * step;
            if (_taps is not null)
            {
                float* tile = tiles + (long)c * _taps.Phases * _output.TileSize + _output.TileOrigin;
                float* rows = _output.Stride == _output.Width ? map : rowPlane;
                TapConvolution.Sum(tile, _taps, _depthwise + c * _taps.Count, rows, _output.Stride, _output.Height, accumulate: false);
                if (rows != map)
                    Planes.Compact(rows, map, _output);
            }
            else
            {
                for (int part = 0; part < _unit.Pointwise.Count; part++)
                    Tiles.PickRectified(planes + c * _input.Size, _input, part, map + part * _inputs * step, _output);
            }
        }
    }

    [SkipLocalsInit]
    private void BackwardTaps(int channel, float* tiles, float* gradient, float* gradientTile, float* sums, float* target)
    {
        Taps taps = _taps!;
        int phases = taps.Phases;
        Tiles.Fill(gradient, _output, gradientTile);
        float* origin = gradientTile + _output.TileOrigin;
        float* weights = _depthwise + channel * taps.Count;
        if (sums != null)
        {
            float* tile = tiles + (long)channel * phases * _output.TileSize + _output.TileOrigin;
            TapConvolution.Correlate(tile, taps, origin, _output.Stride, _output.Height, sums + channel * taps.Count * PlaneShape.Lanes);
        }

        if (target == null)
            return;
        if (phases == 1)
        {
            TapConvolution.Sum(origin, taps, _reversed + channel * taps.Count, target + channel * _output.ScratchSize, _output.Stride, _output.Height, accumulate: true);
            return;
        }

        float* ordered = stackalloc float[MostTaps];
        for (int phase = 0; phase < phases; phase++)
        {
            ReadOnlySpan<int> members = taps.Members(phase);
            for (int i = 0; i < members.Length; i++)
                ordered[i] = weights[members[i]];
            TapConvolution.Sum(origin, taps.Backward(phase), ordered, members.Length, target + (channel * phases + phase) * _output.ScratchSize,
                _output.Stride, _output.Height, accumulate: true);
        }
    }

    private void AddPicked(int channel, float* planes, float* gradient, float* target)
    {
        for (int part = 0; part < _unit.Pointwise.Count; part++)
            Tiles.AddPicked(gradient + part * _inputs * _output.ScratchSize, _output, part, planes + channel * _input.Size, target + channel * _input.Size, _input);
    }
}
