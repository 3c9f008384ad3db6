using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class SearchStrengthTests
{
    private const double Rate = 3e-3;

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(700)]
    public void Of_AdamOnNoise_StaysBelowTheLimits(int steps)
    {
        // 20 walks a row; the limits are those of 200.
        double[][] walks = [.. Enumerable.Range(0, 20).Select(seed => Walk(seed, steps, drift: 0))
            .Select(strength => new[] { strength.AlphaWalk, strength.BetaWalk })];
        Assert.All(walks, walk => Assert.InRange(walk[0], 0.75, SearchStrength.ClearAlphaWalk - 0.2));
        Assert.All(walks, walk => Assert.InRange(walk[1], 0.4, SearchStrength.ClearBetaWalk - 0.2));
        Assert.InRange(walks.Average(walk => walk[0]), 0.9, 1.1);
    }

    [Fact]
    public void Of_AdamOnNoise_IsNotClearAndTellsNoBudget()
    {
        SearchStrength strength = Walk(seed: 1, steps: 700, drift: 0);
        Assert.False(strength.IsClear);
        Assert.Null(strength.StepsToDecide);
        Assert.InRange(strength.AlphaEntropy, 0.99, 1);
    }

    [Fact]
    public void Of_SteadyGradient_IsClearOnceItIsAwayFromEven()
    {
        SearchStrength few = Walk(seed: 1, steps: 30, drift: 1), many = Walk(seed: 1, steps: 200, drift: 1);
        Assert.True(few.AlphaWalk > SearchStrength.ClearAlphaWalk);
        Assert.False(few.IsClear);
        Assert.True(many.IsClear);

        // What the short one foresees is where the long one gets there.
        Assert.InRange(few.StepsToDecide!.Value, 30, 200);
    }

    [Fact]
    public void Of_NoSteps_HasNoWalk()
    {
        SearchStrength strength = Walk(seed: 1, steps: 0, drift: 0);
        Assert.Equal((0, 0.0, 0.0, false), (strength.Steps, strength.AlphaWalk, strength.BetaWalk, strength.IsClear));
    }

    /// <summary>Adam on gradients of standard deviation 1 around a mean of ±<paramref name="drift"/>.</summary>
    private static SearchStrength Walk(int seed, int steps, double drift)
    {
        using DisposeScope scope = NewDisposeScope();
        using var architecture = new ArchitectureParameters(new CellTopology(4), CPU, seed);
        using var adam = new ArchitectureAdam(architecture.Tensors, Rate);
        using var generator = new Generator((ulong)seed + 1000);
        Tensor[] means = [.. architecture.Tensors.Select(parameter => randn(parameter.shape, generator: generator).sign() * drift)];
        ArchitectureValues start = architecture.Values();
        for (int step = 0; step < steps; step++)
        {
            using DisposeScope inner = NewDisposeScope();
            foreach ((Parameter parameter, Tensor mean) in architecture.Tensors.Zip(means))
                parameter.grad = (randn(parameter.shape, generator: generator) + mean).MoveToOuterDisposeScope();
            adam.Step();
        }

        return SearchStrength.Of(start, architecture.Values(), steps, Rate, secondsPerStep: 0.1);
    }
}
