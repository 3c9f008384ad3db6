using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Discovered;
using Microsoft.ML.PcDarts.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Optimizers;

public sealed class MuonTests
{
    private const double Rate = 0.02;

    [Theory]
    [InlineData(8, 10)]
    [InlineData(24, 6)]
    [InlineData(6, 40)]
    public void Step_Weights_ChangeOrthogonallyByTheRate(int rows, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(1);
        (string Name, Parameter Parameter)[] weights = Weights(rows, columns);
        Tensor[] before = [.. weights.Select(entry => Matrix(entry.Parameter))];
        SetGradients(weights);
        using var muon = new Muon(weights, 0.9, nesterov: true);

        muon.Step(Rate);

        long smaller = Math.Min(rows, columns);
        foreach ((Tensor old, (string _, Parameter now)) in before.Zip(weights))
        {
            Tensor start = old / old.norm() * Math.Sqrt(smaller);
            Tensor change = (Matrix(now) - start) / (Rate * Math.Sqrt(Math.Max(1.0, (double)rows / columns)));
            Assert.All(linalg.svdvals(change).data<float>().ToArray(), value => Assert.InRange(value, 0.6f, 1.25f));
            Assert.True((change * Matrix(now.grad!)).sum().item<float>() < 0, "the step goes up");
        }
    }

    [Theory]
    [InlineData(8, 12)]
    [InlineData(12, 8)]
    public void Orthogonalize_SingularValues_BringsThoseThatAreNotTinyNearOne(int rows, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(5);
        float[] values = [0.9f, 0.5f, 0.3f, 0.1f, 0.05f, 0.02f, 0.0125f, 0.001f];
        double norm = Math.Pow(values.Sum(value => Math.Pow(value, 4)), 0.25);
        Tensor left = linalg.qr(randn(rows, 8)).Q, right = linalg.qr(randn(columns, 8)).Q;
        const double scale = 1e-5; // as small as gradients are

        Tensor result = Muon.Orthogonalize(left.matmul(diag(tensor(values) * scale)).matmul(right.mT).unsqueeze(0))[0];

        Tensor seen = left.mT.matmul(result).matmul(right);
        float[] diagonal = [.. seen.diagonal().contiguous().data<float>()];
        Assert.All(diagonal[..7], value => Assert.InRange(value, 0.79f, 1.21f));
        Assert.InRange(diagonal[7] * norm / values[7], 69, 70.4);
        Assert.InRange((seen - diag(seen.diagonal())).abs().max().item<float>(), 0, 1e-3f);
    }

    [Fact]
    public void Step_TowardsATarget_ComesClose()
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(2);
        (string Name, Parameter Parameter)[] weights = Weights(8, 12);
        Tensor target = randn(8, 12);
        target /= target.norm() / Math.Sqrt(8);
        using var muon = new Muon(weights, 0.9, nesterov: true);
        double[] first = [.. weights.Select(Distance)];
        const int steps = 300;
        for (int step = 0; step < steps; step++)
        {
            foreach ((string _, Parameter parameter) in weights)
                parameter.grad = (Matrix(parameter) - target).view(parameter.shape);
            muon.Step(0.1 * (1 - (double)step / steps));
        }

        Assert.All(weights.Zip(first), pair => Assert.InRange(Distance(pair.First), 0, 0.05 * pair.Second));

        double Distance((string Name, Parameter Parameter) entry) => (Matrix(entry.Parameter) - target).norm().item<float>();
    }

    [Fact]
    public void Import_WhatExportGave_GoesOnAlike()
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(3);
        (string Name, Parameter Parameter)[] one = [.. Weights(8, 4), .. Weights(4, 8, "b")];
        SetGradients(one);
        using var first = new Muon(one, 0.9, nesterov: false);
        first.Step(Rate);
        Dictionary<string, TensorData> tensors = [];
        first.Export(tensors);
        (string Name, Parameter Parameter)[] two = [.. one.Select(entry => (entry.Name, new Parameter(entry.Parameter.detach().clone())))];
        foreach (((string _, Parameter from), (string _, Parameter to)) in one.Zip(two))
            to.grad = from.grad!.clone();
        using var second = new Muon(two, 0.9, nesterov: false);
        second.Import(tensors, CPU);

        first.Step(Rate);
        second.Step(Rate);

        Assert.Equal(one.Select(entry => "momentum." + entry.Name).Order(), tensors.Keys.Order());
        Assert.All(one.Zip(two), pair => Assert.Equal(Values(pair.First.Parameter), Values(pair.Second.Parameter)));
        using var forgetful = new Muon(two, 0.9, nesterov: false);
        first.Step(Rate);
        forgetful.Step(Rate);
        Assert.All(one.Zip(two), pair => Assert.NotEqual(Values(pair.First.Parameter), Values(pair.Second.Parameter)));
    }

    [Fact]
    public void Step_SmallAndLargeMatrices_StepsBothAndKeepsTheThreads()
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(4);
        (string Name, Parameter Parameter)[] weights = [.. Weights(8, 8), .. Weights(192, 160, "large")];
        float[][] before = [.. weights.Select(entry => Values(entry.Parameter))];
        int threads = get_num_threads();
        try
        {
            set_num_threads(3);
            using var muon = new Muon(weights, 0.9, nesterov: true);
            Assert.Equal(before, weights.Select(entry => Values(entry.Parameter)));
            SetGradients(weights);
            muon.Step(Rate);

            Assert.Equal(3, get_num_threads());
            Assert.All(weights.Zip(before), pair => Assert.NotEqual(pair.Second, Values(pair.First.Parameter)));
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Takes_WeightsOfANetwork_AreThoseThatMixChannels()
    {
        using var network = new DiscoveredNetwork(KnownGenotypes.PcDartsCifar,
            new NetworkShape
            {
                InitialChannels = 4, Layers = 3, Classes = 3, ImageHeight = 16, ImageWidth = 16,
                AuxiliaryHead = true
            }, CPU);
        string[] taken = [.. network.named_parameters().Where(entry => Muon.CanStep(entry.parameter)).Select(entry => entry.name)];

        Assert.Contains("stem.0.weight", taken);
        Assert.Contains("cells.1.preprocess0.op.1.weight", taken);
        Assert.DoesNotContain("classifier.weight", taken);
        Assert.All(network.named_parameters().Where(entry => !taken.Contains(entry.name)),
            entry => Assert.True(entry.parameter.dim() < 4 || entry.parameter.size(1) == 1, entry.name));
    }

    private static (string Name, Parameter Parameter)[] Weights(int rows, int columns, string name = "a")
        => [.. Enumerable.Range(0, 3).Select(index => ($"{name}.{index}", new Parameter(randn(rows, columns, 1, 1))))];

    private static void SetGradients((string Name, Parameter Parameter)[] weights)
    {
        foreach ((string _, Parameter parameter) in weights)
            parameter.grad = randn(parameter.shape) * 1e-3;
    }

    private static Tensor Matrix(Tensor weights) => weights.detach().clone().flatten(1);

    private static float[] Values(Tensor weights) => [.. weights.detach().data<float>()];
}
