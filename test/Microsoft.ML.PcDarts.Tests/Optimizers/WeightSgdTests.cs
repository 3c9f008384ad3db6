using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Optimizers;

public sealed class WeightSgdTests
{
    [Theory]
    [InlineData(0.5, false)] // clips
    [InlineData(0.5, true)]
    [InlineData(1e6, true)] // leaves the gradients as they are
    public void Step_Flat_EqualsOneByOne(double clipNorm, bool nesterov)
    {
        using DisposeScope scope = NewDisposeScope();
        (string Name, Parameter Parameter)[] expected = Weights(), actual = Weights();
        using WeightSgd oneByOne = Sgd(expected, nesterov, flat: false), flat = Sgd(actual, nesterov, flat: true);
        for (int step = 1; step <= 3; step++)
        {
            Step(oneByOne, expected, step, clipNorm);
            Step(flat, actual, step, clipNorm);
        }

        AssertEqual(expected, actual);
        AssertEqual(Gradients(expected), Gradients(actual)); // of the weights that something else steps, too
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(0.9, 0, false)]
    [InlineData(0.9, 0.01, false)]
    [InlineData(0.9, 0.01, true)]
    public void Step_EqualsTorchSharp(double momentum, double weightDecay, bool nesterov)
    {
        using DisposeScope scope = NewDisposeScope();
        (string Name, Parameter Parameter)[] expected = Weights(), actual = Weights();
        using optim.Optimizer reference = optim.SGD(expected.Select(entry => entry.Parameter), 0.03, momentum, weight_decay: weightDecay,
            nesterov: nesterov);
        using WeightSgd sgd = new(actual, [], momentum, weightDecay, nesterov, flat: false);
        for (int step = 0; step < 3; step++)
        {
            foreach (((_, Parameter one), (_, Parameter other)) in expected.Zip(actual))
                (one.grad, other.grad) = (one + step, one + step);
            reference.step();
            sgd.Step(0.03);
        }

        AssertEqual(expected, actual);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Import_OfTheOtherForm_GoesOnAlike(bool flatFirst)
    {
        using DisposeScope scope = NewDisposeScope();
        (string Name, Parameter Parameter)[] straight = Weights(), before = Weights(), after = Weights();
        using WeightSgd uninterrupted = Sgd(straight, nesterov: true, flatFirst), first = Sgd(before, nesterov: true, flatFirst),
            second = Sgd(after, nesterov: true, !flatFirst);
        Step(uninterrupted, straight, 1, 1);
        Step(uninterrupted, straight, 2, 1);

        Step(first, before, 1, 1);
        Dictionary<string, TensorData> memory = [];
        first.Export(memory);
        Assert.Equal(["momentum.w0", "momentum.w1", "momentum.w2"], memory.Keys.Order());
        Assert.Equal([3L, 2L], memory["momentum.w1"].Shape);
        second.Import(memory);
        using (no_grad())
        {
            foreach (((_, Parameter target), (_, Parameter source)) in after.Zip(before))
                target.copy_(source);
        }

        Step(second, after, 2, 1);
        AssertEqual(straight, after);
    }

    [Fact]
    public void Export_BeforeTheFirstStep_IsEmpty()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (bool flat in (bool[])[false, true])
        {
            using WeightSgd sgd = Sgd(Weights(), nesterov: false, flat);
            Dictionary<string, TensorData> memory = [];
            sgd.Export(memory);
            Assert.Empty(memory);
            sgd.Import(memory);
        }
    }

    // The last weight is left to another optimizer.
    private static WeightSgd Sgd((string Name, Parameter Parameter)[] weights, bool nesterov, bool flat)
        => new(weights[..^1], [weights[^1].Parameter], momentum: 0.9, weightDecay: 0.01, nesterov, flat);

    private static void Step(WeightSgd sgd, (string Name, Parameter Parameter)[] weights, int step, double clipNorm)
    {
        sgd.ZeroGradients();
        // Two losses: gradients are summed.
        for (int loss = 0; loss < 2; loss++)
            weights.Select((entry, index) => (entry.Parameter * entry.Parameter * (index + step)).sum())
                .Aggregate((sum, term) => sum + term).backward();
        sgd.Clip(clipNorm);
        sgd.Step(learningRate: 0.01 * step);
    }

    private static (string Name, Parameter Parameter)[] Weights()
        => [.. Enumerable.Range(0, 4).Select(
            index => ($"w{index}", new Parameter((arange(6, ScalarType.Float32) - 2 + index).reshape(index == 1 ? [3, 2] : [6, 1]))))];

    private static (string, Parameter)[] Gradients((string Name, Parameter Parameter)[] weights)
        => [.. weights.Select(entry => (entry.Name, new Parameter(entry.Parameter.grad!)))];

    private static void AssertEqual((string Name, Parameter Parameter)[] expected, (string Name, Parameter Parameter)[] actual)
    {
        foreach (((string name, Parameter one), (_, Parameter other)) in expected.Zip(actual))
            Assert.True(one.allclose(other, rtol: 1e-6, atol: 1e-6), name);
    }
}
