namespace Microsoft.ML.PcDarts.Kernels;

/// <content>Units: the copies of the weights, and the gradients of the weights.</content>
internal sealed unsafe partial class UnitPass
{
    /// <summary>Floats of the copies of the weights.</summary>
    public int WeightFloats { get; }

    /// <summary>Floats of the unit's gradients in a chunk's sum.</summary>
    public int WeightGradientFloats { get; }

    /// <summary>Offset of the unit's gradients in a chunk's sum: first those of each tap, by lanes, then those of the matrix.</summary>
    public long WeightGradientOffset { get; set; }

    /// <summary>Copies the weights, once as they are and once reversed or transposed, into memory of <see cref="WeightFloats"/>.</summary>
    public void ReadWeights(float* memory)
    {
        int taps = Inputs * (_taps?.Count ?? 0);
        _depthwise = memory;
        _depthwiseReversed = _depthwise + taps;
        _matrix = _depthwiseReversed + taps;
        _matrixTransposed = _matrix + Outputs * Columns;
        if (_unit.Depthwise is { } depthwise && _taps is not null)
        {
            TensorMemory.Values(depthwise.weight!).CopyTo(new Span<float>(_depthwise, taps));
            for (int first = 0; first < taps; first += _taps.Count)
            {
                for (int t = 0; t < _taps.Count; t++)
                    _depthwiseReversed[first + t] = _depthwise[first + _taps.Count - 1 - t];
            }
        }

        new Span<float>(_matrix, Outputs * Columns).Clear();
        foreach ((int block, int row, int rows) in Blocks())
        {
            Span<float> values = TensorMemory.Values(_unit.Pointwise[block].weight!);
            for (int o = 0; o < rows; o++)
                values.Slice(o * Inputs, Inputs).CopyTo(new Span<float>(_matrix + (row + o) * Columns + block * Inputs, Inputs));
        }

        for (int o = 0; o < Outputs; o++)
        {
            for (int i = 0; i < Columns; i++)
                _matrixTransposed[i * Outputs + o] = _matrix[o * Columns + i];
        }
    }

    /// <summary>Adds to the parameters' gradients.</summary>
    /// <param name="total">The gradients of all units of the cell.</param>
    public void AddWeightGradients(float* total)
    {
        if (!NeedsWeightGradients)
            return;
        int taps = _taps is null ? 0 : Inputs * _taps.Count, matrix = Outputs * Columns;
        float* gradient = total + WeightGradientOffset;
        float[] depthwise = new float[taps];
        for (int t = 0; t < taps; t++)
        {
            for (int lane = 0; lane < PlaneShape.Lanes; lane++)
                depthwise[t] += gradient[t * PlaneShape.Lanes + lane];
        }

        var pointwise = new ReadOnlySpan<float>(gradient + taps * PlaneShape.Lanes, matrix);
        TensorMemory.AddGradient(_unit.Depthwise?.weight, depthwise);
        foreach ((int block, int row, int rows) in Blocks())
        {
            float[] values = new float[rows * Inputs];
            for (int o = 0; o < rows; o++)
                pointwise.Slice((row + o) * Columns + block * Inputs, Inputs).CopyTo(values.AsSpan(o * Inputs));
            TensorMemory.AddGradient(_unit.Pointwise[block].weight, values);
        }
    }

    /// <summary>The blocks of the block-diagonal matrix, one for each 1×1 convolution, with their rows.</summary>
    private IEnumerable<(int Block, int Row, int Rows)> Blocks()
    {
        int row = 0;
        for (int block = 0; block < _unit.Pointwise.Count; block++)
        {
            int rows = (int)_unit.Pointwise[block].weight!.size(0);
            yield return (block, row, rows);
            row += rows;
        }
    }
}
