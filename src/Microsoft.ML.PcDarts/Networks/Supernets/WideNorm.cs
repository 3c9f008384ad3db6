using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>
/// The batch norms of many edges as one. The edges' running statistics become views of this one's, so that a single update on the device
/// moves them all and a checkpoint still finds each under its name.
/// </summary>
internal sealed class WideNorm(IEnumerable<BatchNorm2d> norms) : IDisposable
{
    private readonly BatchNorm2d[] _norms = [.. norms];
    private Tensor? _statistics, _mean, _variance, _aliased;

    private double Epsilon => _norms[0].eps;

    private double Momentum => _norms[0].MovingRate();

    /// <summary>Normalizes the edges' maps.</summary>
    /// <param name="map">[N, Σ C, H, W].</param>
    /// <param name="training">Whether the batch's statistics are taken, and the running ones moved.</param>
    public Tensor Forward(Tensor map, bool training)
    {
        Alias();
        return nn.functional.batch_norm(map, _mean!, _variance!, null, null, training, Momentum, Epsilon);
    }

    /// <summary>Normalizes, in training mode, a map that several edges share; the running statistics of each take it in.</summary>
    /// <param name="map">[N, C, H, W] with <paramref name="sharers"/> · C statistics.</param>
    /// <param name="sharers">How often the map stands for C of the statistics, in their order.</param>
    public Tensor ForwardShared(Tensor map, int sharers)
    {
        using DisposeScope scope = NewDisposeScope();
        Alias();
        Tensor batch = zeros([2, map.size(1)], _statistics!.dtype, _statistics.device);
        Tensor[] rows = batch.unbind();
        // With momentum 1 the running statistics are the batch's.
        Tensor output = nn.functional.batch_norm(map, rows[0], rows[1], null, null, training: true, momentum: 1, Epsilon);
        using (no_grad())
            _statistics.view(2, sharers, -1).Scale(1 - Momentum).Accumulate(batch.unsqueeze(1), Momentum);
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>The running means and 1 / √(variance + ε), [Σ C] each.</summary>
    public (Tensor Mean, Tensor Inverse) Running()
    {
        Alias();
        using Tensor variance = _variance!.Plus(Epsilon);
        return (_mean!, variance.rsqrt());
    }

    public void Dispose()
    {
        _statistics?.Dispose();
        _mean?.Dispose();
        _variance?.Dispose();
        _statistics = null;
    }

    // A module that has been moved or cast has other buffers, which are not views.
    private void Alias()
    {
        if (_statistics is not null && ReferenceEquals(_aliased, _norms[^1].running_mean))
            return;
        Dispose();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor statistics = stack(
            [cat([.. _norms.Select(norm => norm.running_mean!)], 0), cat([.. _norms.Select(norm => norm.running_var!)], 0)]);
        Tensor[] rows = statistics.unbind();
        long start = 0;
        foreach (BatchNorm2d norm in _norms)
        {
            norm.running_mean!.set_(rows[0].narrow(0, start, norm.num_features));
            norm.running_var!.set_(rows[1].narrow(0, start, norm.num_features));
            start += norm.num_features;
        }

        (_statistics, _mean, _variance) = (
            statistics.DetachFromDisposeScope(), rows[0].DetachFromDisposeScope(), rows[1].DetachFromDisposeScope());
        _aliased = _norms[^1].running_mean;
    }
}
