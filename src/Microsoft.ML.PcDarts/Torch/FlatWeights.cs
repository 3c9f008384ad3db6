using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>
/// Weights and gradients that lie in one buffer each, so that clipping and stepping take a few operations instead of several for each of
/// some thousand tensors: on a GPU their launches took more than half of a step. The weights stay what they are to their modules.
/// </summary>
internal sealed class FlatWeights : IDisposable
{
    private readonly Tensor _values, _gradients;

    /// <param name="stepped">float32, on one device; they move into one buffer and their gradients into another, in this order.</param>
    /// <param name="others">Weights that stay where they are; their gradients follow the others'.</param>
    public FlatWeights(IReadOnlyList<Parameter> stepped, IReadOnlyList<Parameter> others)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _values = Together(stepped);
        _gradients = zeros(stepped.Concat(others).Sum(weight => weight.numel()), device: _values.device).DetachFromDisposeScope();
        long start = 0;
        foreach (Parameter weight in stepped.Concat(others))
        {
            // A backward pass adds to a gradient that is there.
            weight.grad = _gradients.narrow(0, start, weight.numel()).view(weight.shape);
            start += weight.numel();
        }
    }

    /// <summary>Moves weights into one buffer. They stay what they are to their modules.</summary>
    /// <param name="weights">float32, on one device.</param>
    /// <returns>The buffer, in the order of the weights.</returns>
    public static Tensor Together(IReadOnlyList<Parameter> weights)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor buffer = empty(weights.Sum(weight => weight.numel()), device: weights[0].device).DetachFromDisposeScope();
        long start = 0;
        foreach (Parameter weight in weights)
        {
            weight.set_(buffer.narrow(0, start, weight.numel()).view(weight.shape).copy_(weight));
            start += weight.numel();
        }

        return buffer;
    }

    /// <summary>The weights to step as one.</summary>
    public Parameter AsOne()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        return new Parameter(_values.alias().DetachFromDisposeScope()) { grad = _gradients.narrow(0, 0, _values.numel()) };
    }

    public void ZeroGradients() => _gradients.zero_();

    /// <summary>
    /// Scales the gradients down to a largest L2 norm. The norm stays on the device: TorchSharp's function returns it as a number, for
    /// which the host would wait.
    /// </summary>
    /// <param name="maximum">Largest norm, above 0.</param>
    public void Clip(double maximum)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _gradients.mul_(_gradients.norm().Plus(1e-6).reciprocal().Times(maximum).AtMost(1));
    }

    public void Dispose()
    {
        _values.Dispose();
        _gradients.Dispose();
    }
}
