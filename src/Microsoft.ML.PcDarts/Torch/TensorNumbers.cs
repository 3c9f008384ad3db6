using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>Arithmetic of tensors with numbers.</summary>
/// <remarks>
/// TorchSharp 0.107 makes a native scalar of every number, also of the factor 1 in a sum of tensors, and nothing keeps it alive during the
/// call: if another thread causes a garbage collection then, the finalizer frees it while libtorch may still read it. The operation fails
/// with "Unknown scalar type" or the like, or computes with another number, in some 50 of 400,000 calls beside a thread that collects all
/// the time. These hold the scalar until the call has returned; eng/BannedSymbols.txt keeps this library from the others.
/// </remarks>
internal static class TensorNumbers
{
    private static readonly Scalar Zero = 0L.ToScalar();
    private static readonly Scalar One = 1L.ToScalar();

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary>left + factor · right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right, double factor)
    {
        using Scalar held = factor.ToScalar();
        return left.add(right, held);
    }

    /// <summary>tensor + number; integers stay integers.</summary>
    public static Tensor Plus(this Tensor tensor, long number)
    {
        using Scalar held = number.ToScalar();
        return tensor.add(held, One);
    }

    /// <inheritdoc cref="Plus(Tensor, long)"/>
    public static Tensor Plus(this Tensor tensor, double number)
    {
        using Scalar held = number.ToScalar();
        return tensor.add(held, One);
    }

    /// <summary>factor · tensor; integers stay integers.</summary>
    public static Tensor Times(this Tensor tensor, long factor)
    {
        using Scalar held = factor.ToScalar();
        return tensor.mul(held);
    }

    /// <inheritdoc cref="Times(Tensor, long)"/>
    public static Tensor Times(this Tensor tensor, double factor)
    {
        using Scalar held = factor.ToScalar();
        return tensor.mul(held);
    }

    /// <summary>Adds a term to a tensor in place.</summary>
    public static Tensor Accumulate(this Tensor sum, Tensor term) => sum.add_(term, One);

    /// <summary>Adds factor · term to a tensor in place.</summary>
    public static Tensor Accumulate(this Tensor sum, Tensor term, double factor)
    {
        using Scalar held = factor.ToScalar();
        return sum.add_(term, held);
    }

    /// <summary>Adds a number to a tensor in place.</summary>
    public static Tensor Accumulate(this Tensor sum, double number)
    {
        using Scalar held = number.ToScalar();
        return sum.add_(held, One);
    }

    /// <summary>Multiplies a tensor by a number in place.</summary>
    public static Tensor Scale(this Tensor tensor, double factor)
    {
        using Scalar held = factor.ToScalar();
        return tensor.mul_(held);
    }

    /// <summary>Sets every value of a tensor.</summary>
    public static Tensor Fill(this Tensor tensor, double number)
    {
        using Scalar held = number.ToScalar();
        return tensor.fill_(held);
    }

    /// <summary>Lowers greater values to a number.</summary>
    public static Tensor AtMost(this Tensor tensor, double number)
    {
        using Scalar held = number.ToScalar();
        return tensor.clamp_max(held);
    }

    /// <summary>Whether values lie in low..below − 1, bool.</summary>
    public static Tensor IsWithin(this Tensor tensor, long low, long below)
    {
        using Scalar first = low.ToScalar(), end = below.ToScalar();
        return tensor.ge(first).logical_and(tensor.lt(end));
    }

    /// <summary>0..count − 1, int64.</summary>
    public static Tensor Range(long count, Device device)
    {
        using Scalar end = count.ToScalar();
        return arange(Zero, end, One, ScalarType.Int64, device);
    }
}
