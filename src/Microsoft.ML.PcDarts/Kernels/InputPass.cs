namespace Microsoft.ML.PcDarts.Kernels;

/// <summary>Cells: an input of a cell during a pass, with the unit that preprocesses it.</summary>
internal sealed unsafe class InputPass(ConvolutionUnit preprocess, int images, PlaneShape shape)
{
    public UnitPass Unit { get; } = new(preprocess, images, shape);

    /// <summary>[N, C, H, W], contiguous.</summary>
    public float* Pixels { get; set; }

    /// <summary>The planes of an image: the pixels themselves if no zeros are needed after them, otherwise a copy.</summary>
    public float* PlanesOf(int image, CellScratch scratch)
    {
        float* pixels = Pixels + (long)image * Unit.Inputs * shape.Pixels;
        if (shape.PlaneFloats == shape.Pixels)
            return pixels;
        for (int c = 0; c < Unit.Inputs; c++)
            Planes.Pad(pixels + c * shape.Pixels, shape, scratch.PaddedInput + (long)c * shape.PlaneFloats);
        return scratch.PaddedInput;
    }

    /// <summary>Propagates <see cref="CellScratch.MapGradient"/> for an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="scratch">Scratch memory.</param>
    /// <param name="gradient">Receives the gradient of the input, [N, C, H, W]; null if not wanted.</param>
    public void Backward(int image, CellScratch scratch, float* gradient)
    {
        float* planes = PlanesOf(image, scratch);
        if (gradient == null)
        {
            Unit.Backward(planes, null, scratch, null);
            return;
        }

        gradient += (long)image * Unit.Inputs * shape.Pixels;
        float* planeGradients = shape.PlaneFloats == shape.Pixels ? gradient : scratch.PaddedInputGradient;
        new Span<float>(planeGradients, Unit.Inputs * shape.PlaneFloats).Clear();
        Unit.Backward(planes, null, scratch, planeGradients);
        for (int c = 0; planeGradients != gradient && c < Unit.Inputs; c++)
            Planes.Unpad(planeGradients + c * shape.PlaneFloats, shape, gradient + c * shape.Pixels);
    }

    /// <summary>Floats of <see cref="CellScratch.PaddedInput"/> that it needs.</summary>
    public long PaddedFloats => (long)Unit.Inputs * shape.PlaneFloats;
}
