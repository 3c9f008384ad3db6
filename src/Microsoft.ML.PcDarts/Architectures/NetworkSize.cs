using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts;

/// <summary>The size of a discovered network, counted from its genotype and shape without building it.</summary>
/// <param name="Parameters">Trainable numbers (weights, biases, affine batch norms) without the auxiliary head.</param>
/// <param name="AuxiliaryParameters">Trainable numbers of the auxiliary head; 0 if the shape has none.</param>
/// <param name="MultiplyAdds">Multiply-adds of the convolutions and of the classifier for one picture when predicting, so without the
/// auxiliary head. Batch norms, pools and additions are not counted, as is usual.</param>
public sealed record NetworkSize(long Parameters, long AuxiliaryParameters, long MultiplyAdds)
{
    private const int PictureChannels = 3;

    /// <summary>Counts the network that a genotype and a shape describe.</summary>
    /// <param name="genotype">The architecture.</param>
    /// <param name="shape">Width, depth, classes and picture size. Maps of odd size round up where they are halved.</param>
    /// <returns>The size.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A member of <paramref name="shape"/> is out of range.</exception>
    /// <exception cref="OverflowException">The network is too large to count.</exception>
    public static NetworkSize Of(Genotype genotype, NetworkShape shape)
    {
        ArgumentNullException.ThrowIfNull(genotype);
        ArgumentNullException.ThrowIfNull(shape);
        shape.Validate();
        var counter = new Counter();
        Map map = new(shape.ImageHeight, shape.ImageWidth);
        long width = shape.InitialChannels;
        long beforePrevious, previous;
        if (shape.Stem == NetworkStem.Cifar)
        {
            beforePrevious = previous = 3 * width;
            counter.Convolution(PictureChannels * previous * 9, map);
            counter.BatchNorm(previous);
        }
        else
        {
            beforePrevious = previous = width;
            long half = width / 2;
            counter.Convolution(PictureChannels * half * 9, map = map.Half());
            counter.BatchNorm(half);
            counter.Convolution(half * width * 9, map = map.Half());
            counter.BatchNorm(width);
            counter.Convolution(width * width * 9, map = map.Half());
            counter.BatchNorm(width);
        }

        long auxiliaryInput = 0;
        for (int cell = 0; cell < shape.Layers; cell++)
        {
            bool reduction = CellTopology.IsReduction(cell, shape.Layers);
            if (reduction)
                width = checked(width * 2);
            (IReadOnlyList<GenotypeEdge> edges, IReadOnlyList<int> concat) = reduction
                ? (genotype.Reduce, genotype.ReduceConcat)
                : (genotype.Normal, genotype.NormalConcat);
            // Both inputs come to the cell's width: by a 1×1 convolution, or by two of half the width on every other pixel.
            counter.Convolution(checked(beforePrevious * width), map);
            counter.BatchNorm(width);
            counter.Convolution(checked(previous * width), map);
            counter.BatchNorm(width);
            Map output = reduction ? map.Half() : map;
            foreach ((Primitive operation, int input) in edges)
                counter.Operation(operation, width, input < 2 ? map : output, output, strided: reduction && input < 2);
            map = output;
            (beforePrevious, previous) = (previous, checked(width * concat.Count));
            if (cell == 2 * shape.Layers / 3)
                auxiliaryInput = previous;
        }
        counter.Linear(previous, shape.Classes);
        return new NetworkSize(
            counter.Parameters, shape.AuxiliaryHead ? AuxiliaryHead(auxiliaryInput, shape) : 0, counter.MultiplyAdds);
    }

    /// <summary>1×1 convolution to 128, batch norm, 2×2 convolution to 768, classifier. The reference code's ImageNet head has no second
    /// batch norm. Pooling before it fits any map to the same weights.</summary>
    private static long AuxiliaryHead(long channels, NetworkShape shape)
    {
        var counter = new Counter();
        var one = new Map(1, 1);
        counter.Convolution(checked(channels * 128), one);
        counter.BatchNorm(128);
        counter.Convolution(128 * 768 * 4, one);
        if (shape.Stem == NetworkStem.Cifar)
            counter.BatchNorm(768);
        counter.Linear(768, shape.Classes);
        return counter.Parameters;
    }

    private readonly record struct Map(long Height, long Width)
    {
        public long Pixels => Height * Width;

        public Map Half() => new((Height + 1) / 2, (Width + 1) / 2);
    }

    private sealed class Counter
    {
        public long Parameters { get; private set; }

        public long MultiplyAdds { get; private set; }

        public void Convolution(long weights, Map output)
        {
            checked
            {
                Parameters += weights;
                MultiplyAdds += weights * output.Pixels;
            }
        }

        public void BatchNorm(long channels) => Parameters = checked(Parameters + 2 * channels);

        public void Linear(long inputs, long outputs)
        {
            Convolution(checked(inputs * outputs), new Map(1, 1));
            Parameters = checked(Parameters + outputs);
        }

        public void Operation(Primitive operation, long channels, Map input, Map output, bool strided)
        {
            switch (operation)
            {
                case Primitive.SepConv3x3:
                    Separable(3, times: 2);
                    break;
                case Primitive.SepConv5x5:
                    Separable(5, times: 2);
                    break;
                case Primitive.SepConv7x7:
                    Separable(7, times: 2);
                    break;
                case Primitive.DilConv3x3:
                    Separable(3, times: 1);
                    break;
                case Primitive.DilConv5x5:
                    Separable(5, times: 1);
                    break;
                case Primitive.Conv7x1Then1x7:
                    // The first of the two convolutions halves the width, the second the height.
                    Convolution(checked(7 * channels * channels), new Map(input.Height, output.Width));
                    Convolution(checked(7 * channels * channels), output);
                    BatchNorm(channels);
                    break;
                case Primitive.SkipConnect when strided:
                    Convolution(checked(channels * channels), output);
                    BatchNorm(channels);
                    break;
                default:
                    break; // Pools and the identity have neither weights nor multiplications.
            }

            void Separable(int kernel, int times)
            {
                for (int i = 0; i < times; i++)
                {
                    Convolution(checked((long)kernel * kernel * channels), output);
                    Convolution(checked(channels * channels), output);
                    BatchNorm(channels);
                }
            }
        }
    }
}
