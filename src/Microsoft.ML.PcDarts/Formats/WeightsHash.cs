using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.PcDarts.Formats;

/// <summary>A fingerprint of weights, for comparing runs.</summary>
internal static class WeightsHash
{
    /// <summary>SHA-256 over name, shape and float32 values of every tensor, in ordinal order of the names.</summary>
    /// <param name="weights">Tensors by name; integer tensors (batch counters) are left out.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string Sha256(IReadOnlyDictionary<string, TensorData> weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> dimension = stackalloc byte[sizeof(long)];
        foreach ((string name, TensorData tensor) in weights.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (tensor.DType != TensorDType.Float32)
                continue;
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            foreach (long size in tensor.Shape)
            {
                BinaryPrimitives.WriteInt64LittleEndian(dimension, size);
                hash.AppendData(dimension);
            }

            hash.AppendData(MemoryMarshal.AsBytes<float>(tensor.Floats));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
