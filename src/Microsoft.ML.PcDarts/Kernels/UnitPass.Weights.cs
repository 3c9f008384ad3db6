namespace Microsoft.ML.PcDarts.Kernels;

/// <content>How weights are read and their gradients written.</content>
internal sealed unsafe partial class UnitPass
{
    /// <summary>Copies the weights into memory of <see cref="OwnFloats"/>.</summary>
    internal void ReadWeights(float* memory)
    {
        _depthwise = memory;
        int taps = _inputs * (_taps?.Count ?? 0);
        _reversed = _depthwise + taps;
        _matrix = _reversed + taps;
        _transposed = _matrix + Outputs * _columns;
        if (_unit.Depthwise is { } depthwise && _taps is not null)
        {
            CellMemory.Values(depthwise.weight!).CopyTo(new Span<float>(_depthwise, taps));
            for (int first = 0; first < taps; first += _taps.Count)
            {
                for (int t = 0; t < _taps.Count; t++)
                    _reversed[first + t] = _depthwise[first + _taps.Count - 1 - t];
            }
        }

        new Span<float>(_matrix, Outputs * _columns).Clear();
        foreach ((int part, int row, int rows) in Parts())
        {
            Span<float> values = CellMemory.Values(_unit.Pointwise[part].weight!);
            for (int o = 0; o < rows; o++)
                values.Slice(o * _inputs, _inputs).CopyTo(new Span<float>(_matrix + (row + o) * _columns + part * _inputs, _inputs));
        }

        for (int o = 0; o < Outputs; o++)
        {
            for (int i = 0; i < _columns; i++)
                _transposed[i * Outputs + o] = _matrix[o * _columns + i];
        }
    }

    /// <summary>The 1×1 convolutions and the rows of the matrix that each of them fills.</summary>
    private IEnumerable<(int Part, int Row, int Rows)> Parts()
    {
        int row = 0;
        for (int part = 0; part < _unit.Pointwise.Count; part++)
        {
            int rows = (int)_unit.Pointwise[part].weight!.size(0);
            yield return (part, row, rows);
            row += rows;
        }
    }

    /// <summary>Adds to the parameters' gradients.</summary>
    /// <param name="total">The gradients of all units of the cell.</param>
    internal void CollectWeightGradients(float* total)
    {
        if (!NeedsWeightGradients)
            return;
        int taps = _taps is null ? 0 : _inputs * _taps.Count, matrix = Outputs * _columns;
        float* sums = total + WeightOffset;
        float[] depthwise = new float[taps];
        for (int t = 0; t < taps; t++)
        {
            for (int lane = 0; lane < PlaneShape.Lanes; lane++)
                depthwise[t] += sums[t * PlaneShape.Lanes + lane];
        }

        var pointwise = new ReadOnlySpan<float>(sums + taps * PlaneShape.Lanes, matrix);
        CellMemory.AddGradient(_unit.Depthwise?.weight, depthwise);
        foreach ((int part, int row, int rows) in Parts())
        {
            float[] block = new float[rows * _inputs];
            for (int o = 0; o < rows; o++)
                pointwise.Slice((row + o) * _columns + part * _inputs, _inputs).CopyTo(block.AsSpan(o * _inputs));
            CellMemory.AddGradient(_unit.Pointwise[part].weight, block);
        }
    }
}
