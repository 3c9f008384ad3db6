using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Optimizers;

/// <summary>Adam on α and β, with the coefficients of the paper's code.</summary>
/// <remarks>
/// Source: Kingma and Ba 2015, "Adam: A method for stochastic optimization", algorithm 1, with the decay of the weights added to the
/// gradient; coefficients: architect.py of the paper's code.
/// </remarks>
/// <param name="parameters">α and β, in the order of <see cref="ArchitectureValues.Names"/>.</param>
/// <param name="learningRate">Above 0.</param>
internal sealed class ArchitectureAdam(IReadOnlyList<Parameter> parameters, double learningRate) : IDisposable
{
    private const double Beta1 = 0.5, Beta2 = 0.999, WeightDecay = 1e-3, Epsilon = 1e-8;
    private const string FirstMoment = "adam.exp_avg.", SecondMoment = "adam.exp_avg_sq.", StepCount = "adam.step.";
    private readonly Tensor[] _first = Zeros(parameters), _second = Zeros(parameters);
    private readonly long[] _steps = new long[parameters.Count];

    /// <summary>Sets the gradients to zero where they are.</summary>
    public void ZeroGradients()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (Parameter parameter in parameters)
            parameter.grad?.zero_();
    }

    /// <summary>One step against the gradients; what has none stays.</summary>
    public void Step()
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        for (int i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].grad is not { } own)
                continue;
            _steps[i]++;
            Tensor gradient = own.Plus(parameters[i], WeightDecay);
            _first[i].Scale(Beta1).Accumulate(gradient, 1 - Beta1);
            _second[i].Scale(Beta2).Accumulate(gradient * gradient, 1 - Beta2);
            Tensor deviation = _second[i].sqrt().Times(1 / Math.Sqrt(1 - Math.Pow(Beta2, _steps[i]))).Plus(Epsilon);
            parameters[i].Accumulate(_first[i].div(deviation), -learningRate / (1 - Math.Pow(Beta1, _steps[i])));
        }
    }

    /// <summary>Adds the moments and step counts of what was stepped.</summary>
    public void Export(IDictionary<string, TensorData> tensors)
    {
        foreach ((int i, string name) in ArchitectureValues.Names.Index().Where(entry => _steps[entry.Index] > 0))
        {
            tensors.Add(FirstMoment + name, ModuleWeights.Copy(_first[i]));
            tensors.Add(SecondMoment + name, ModuleWeights.Copy(_second[i]));
            tensors.Add(StepCount + name, new TensorData([1], [_steps[i]]));
        }
    }

    /// <summary>Takes over what <see cref="Export"/> added.</summary>
    public void Import(IReadOnlyDictionary<string, TensorData> tensors)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach ((int i, string name) in ArchitectureValues.Names.Index())
        {
            if (!tensors.TryGetValue(StepCount + name, out TensorData? steps))
                continue;
            _steps[i] = steps.Longs[0];
            _first[i].copy_(tensor(tensors[FirstMoment + name].Floats, _first[i].shape));
            _second[i].copy_(tensor(tensors[SecondMoment + name].Floats, _second[i].shape));
        }
    }

    public void Dispose()
    {
        foreach (Tensor moment in _first.Concat(_second))
            moment.Dispose();
    }

    private static Tensor[] Zeros(IReadOnlyList<Parameter> parameters)
    {
        using IDisposable noGradient = no_grad();
        return [.. parameters.Select(parameter => zeros_like(parameter).DetachFromDisposeScope())];
    }
}
