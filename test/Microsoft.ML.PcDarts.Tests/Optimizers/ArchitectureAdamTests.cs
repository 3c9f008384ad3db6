using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Optimizers;

public sealed class ArchitectureAdamTests
{
    [Fact]
    public void Step_EqualsTorchSharp()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] expected = Values(), actual = Values();
        using optim.Optimizer reference = optim.Adam(expected, 0.01, beta1: 0.5, beta2: 0.999, weight_decay: 1e-3);
        using ArchitectureAdam adam = new(actual, 0.01);
        for (int step = 0; step < 3; step++)
        {
            SetGradients(expected, actual, step);
            reference.step();
            adam.Step();
            AssertEqual(expected, actual);
        }

        adam.ZeroGradients();
        Assert.All(actual[1..], parameter => Assert.Equal(0, parameter.grad!.abs().sum().item<float>()));
    }

    [Fact]
    public void Import_GoesOnAlike()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] straight = Values(), broken = Values();
        using ArchitectureAdam uninterrupted = new(straight, 0.01), first = new(broken, 0.01), second = new(broken, 0.01);
        SetGradients(straight, broken, 0);
        uninterrupted.Step();
        first.Step();

        Dictionary<string, TensorData> memory = [];
        first.Export(memory);
        // The first was not stepped: it has no gradient.
        Assert.Equal(ArchitectureValues.Names.Skip(1)
            .SelectMany(name => (string[])[$"adam.exp_avg.{name}", $"adam.exp_avg_sq.{name}", $"adam.step.{name}"]).Order(),
            memory.Keys.Order());
        second.Import(memory);
        SetGradients(straight, broken, 1);
        uninterrupted.Step();
        second.Step();
        AssertEqual(straight, broken);
    }

    private static Parameter[] Values()
        => [.. ArchitectureValues.Names.Select((_, index) => new Parameter((arange(6, ScalarType.Float32) - 2 + index).reshape(2, 3)))];

    private static void SetGradients(Parameter[] some, Parameter[] others, int step)
    {
        foreach ((int index, (Parameter one, Parameter other)) in some.Zip(others).Index().Skip(1))
            (one.grad, other.grad) = (ones(2, 3) * (index - 1.5 + step), ones(2, 3) * (index - 1.5 + step));
    }

    private static void AssertEqual(Parameter[] expected, Parameter[] actual)
        => Assert.All(expected.Zip(actual), pair => Assert.True(pair.First.allclose(pair.Second, rtol: 1e-6, atol: 1e-7)));
}
