namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>A tensor that training leaves behind: a parameter or a running statistic.</summary>
internal readonly record struct PlannedWeight(string Name, params long[] Shape)
{
    /// <exception cref="OverflowException">There are too many to count.</exception>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));
}

/// <summary>A convolution without bias. Where the kernel's sides are odd, its padding keeps the map's, so that only a stride makes it
/// smaller.</summary>
/// <param name="Name">Prefix of the weight's name.</param>
/// <param name="Inputs">Channels that it reads.</param>
/// <param name="Output">The map that it makes.</param>
/// <param name="Kernel">Height and width.</param>
/// <param name="Stride">Down and across.</param>
internal sealed record PlannedConvolution(string Name, int Inputs, MapShape Output, (int H, int W) Kernel, (int H, int W) Stride)
{
    public int Dilation { get; init; } = 1;

    /// <summary>Whether each channel is convolved by itself.</summary>
    public bool IsDepthwise { get; init; }

    public int Groups => IsDepthwise ? Inputs : 1;

    public (int H, int W) Padding => (Dilation * (Kernel.H - 1) / 2, Dilation * (Kernel.W - 1) / 2);

    public PlannedWeight Weight => new($"{Name}.weight", Output.Channels, Inputs / Groups, Kernel.H, Kernel.W);

    /// <summary>For one picture.</summary>
    /// <exception cref="OverflowException">There are too many to count.</exception>
    public long MultiplyAdds => checked(Weight.Count * Output.Pixels);
}

/// <summary>A batch norm with a factor and a summand a channel.</summary>
internal sealed record PlannedNorm(string Name, int Channels)
{
    public PlannedWeight Factor => new($"{Name}.weight", Channels);

    public PlannedWeight Summand => new($"{Name}.bias", Channels);

    public PlannedWeight Mean => new($"{Name}.running_mean", Channels);

    public PlannedWeight Variance => new($"{Name}.running_var", Channels);
}

/// <summary>A linear layer with bias.</summary>
internal sealed record PlannedLinear(string Name, int Inputs, int Outputs)
{
    public PlannedWeight Weight => new($"{Name}.weight", Outputs, Inputs);

    public PlannedWeight Bias => new($"{Name}.bias", Outputs);

    public IEnumerable<PlannedWeight> Parameters => [Weight, Bias];
}
