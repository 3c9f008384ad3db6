using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Scales gradients down to a largest joint L2 norm.</summary>
internal static class GradientClipping
{
    /// <summary>Clips with TorchSharp's function on the CPU and with <see cref="ClipOnDevice"/> elsewhere.</summary>
    /// <param name="parameters">Parameters on one device; those without a gradient are left out.</param>
    /// <param name="maximum">Largest norm, above 0.</param>
    /// <param name="device">Their device.</param>
    public static void Clip(IEnumerable<Parameter> parameters, double maximum, Device device)
    {
        if (device.type == DeviceType.CPU)
            nn.utils.clip_grad_norm_(parameters, maximum);
        else
            ClipOnDevice(parameters, maximum);
    }

    /// <summary>Norm and scale stay on the device: TorchSharp's function returns the norm as a number, for which the host would wait in every step.</summary>
    /// <param name="parameters">Parameters on one device; those without a gradient are left out.</param>
    /// <param name="maximum">Largest norm, above 0.</param>
    public static void ClipOnDevice(IEnumerable<Parameter> parameters, double maximum)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor[] gradients = [.. parameters.Select(parameter => parameter.grad).OfType<Tensor>()];
        if (gradients.Length == 0)
            return;
        Tensor norm = stack([.. gradients.Select(gradient => gradient.norm())]).norm();
        Tensor scale = ((norm + 1e-6).reciprocal() * maximum).clamp_max(1);
        foreach (Tensor gradient in gradients)
            gradient.mul_(scale);
    }
}
