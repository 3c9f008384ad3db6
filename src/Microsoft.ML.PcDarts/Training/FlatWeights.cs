using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// Weights and gradients that lie in one buffer each, so that clipping and stepping take a few operations instead of several for each of some thousand tensors: on a GPU their launches took more than
/// half of a step. The weights stay what they are to their modules.
/// </summary>
internal sealed class FlatWeights : IDisposable
{
    private readonly Tensor _values, _gradients;

    /// <param name="weights">float32, on one device; they move into the buffer in this order.</param>
    public FlatWeights(IReadOnlyList<Parameter> weights)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _values = cat([.. weights.Select(weight => weight.reshape(-1))]).DetachFromDisposeScope();
        _gradients = zeros_like(_values).DetachFromDisposeScope();
        long start = 0;
        foreach (Parameter weight in weights)
        {
            long[] shape = weight.shape;
            long count = weight.numel();
            weight.set_(_values.narrow(0, start, count).view(shape));
            // A backward pass adds to a gradient that is there.
            weight.grad = _gradients.narrow(0, start, count).view(shape);
            start += count;
        }
    }

    /// <summary>The first weights as one.</summary>
    /// <param name="count">How many numbers.</param>
    public Parameter First(long count)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        return new Parameter(_values.narrow(0, 0, count).DetachFromDisposeScope()) { grad = _gradients.narrow(0, 0, count) };
    }

    public void ZeroGradients() => _gradients.zero_();

    /// <summary>Scales the gradients down to a largest L2 norm. The norm stays on the device: TorchSharp's function returns it as a number, for which the host would wait.</summary>
    /// <param name="maximum">Largest norm, above 0.</param>
    public void Clip(double maximum)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _gradients.mul_(((_gradients.norm() + 1e-6).reciprocal() * maximum).clamp_max(1));
    }

    public void Dispose()
    {
        _values.Dispose();
        _gradients.Dispose();
    }
}
