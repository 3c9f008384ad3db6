using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>Identity matrices, kept from step to step.</summary>
internal sealed class IdentityMatrices : IDisposable
{
    private readonly Dictionary<(long Size, ScalarType Type, DeviceType Device, int Index), Tensor> _matrices = [];

    /// <summary>[size, size] of the type and on the device of another tensor.</summary>
    public Tensor Of(long size, Tensor like)
    {
        var key = (size, like.dtype, like.device_type, like.device_index);
        if (!_matrices.TryGetValue(key, out Tensor? matrix))
        {
            matrix = eye(size, dtype: like.dtype, device: like.device).DetachFromDisposeScope();
            _matrices.Add(key, matrix);
        }

        return matrix;
    }

    public void Dispose()
    {
        foreach (Tensor matrix in _matrices.Values)
            matrix.Dispose();
        _matrices.Clear();
    }
}
