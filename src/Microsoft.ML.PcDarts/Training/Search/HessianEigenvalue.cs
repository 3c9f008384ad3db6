using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Networks.Supernets;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Training.Search;

/// <summary>
/// The largest eigenvalue, by magnitude, of the Hessian of the loss in α, by power iteration. It grows when a search heads for
/// architectures that generalize badly (Zela et al. 2020, "Understanding and robustifying differentiable architecture search").
/// </summary>
internal static class HessianEigenvalue
{
    private const int MaximumIterations = 50;
    private const double Tolerance = 0.005;
    private const double Distance = 0.02;

    /// <summary>
    /// Measures it on one batch. Products with the Hessian are central differences of gradients; α and the running statistics are as before
    /// afterwards.
    /// </summary>
    /// <param name="supernet">The supernet; in training mode, as the search steps α.</param>
    /// <param name="architecture">α and β.</param>
    /// <param name="images"><c>[N, 3, H, W]</c>.</param>
    /// <param name="labels"><c>[N] int64</c>.</param>
    public static double Measure(Supernet supernet, ArchitectureParameters architecture, Tensor images, Tensor labels)
    {
        using DisposeScope scope = NewDisposeScope();
        IReadOnlyDictionary<string, TensorData> before = ModuleWeights.Export(supernet);
        TorchSharp.Modules.Parameter[] alphas = [architecture.AlphaNormal, architecture.AlphaReduce];
        Tensor[] start = [.. alphas.Select(alpha => alpha.detach().clone())];
        using Generator generator = new(1);
        Tensor[] direction = [.. start.Select(alpha => randn(alpha.shape, ScalarType.Float32, generator: generator).to(alpha.device))];
        double eigenvalue = 0, quotient = 0;
        for (int iteration = 0; iteration < MaximumIterations; iteration++)
        {
            double norm = Math.Sqrt(direction.Sum(part => (part * part).sum().item<float>()));
            // The length of the product grows towards the magnitude, also where two eigenvalues differ in sign alone.
            bool settled = iteration > 1 && Math.Abs(norm - Math.Abs(eigenvalue)) <= Tolerance * norm;
            if (iteration > 0)
                eigenvalue = Math.CopySign(norm, quotient);
            if (norm == 0 || settled)
                break;
            direction = [.. direction.Select(part => part.Times(1 / norm))];
            Tensor[] ahead = GradientAt(Distance), behind = GradientAt(-Distance);
            Tensor[] product = [.. ahead.Zip(behind, (right, left) => (right - left).Times(1 / (2 * Distance)))];
            quotient = direction.Zip(product, (part, image) => (double)(part * image).sum().item<float>()).Sum();
            direction = product;
        }

        Set(0);
        foreach (TorchSharp.Modules.Parameter alpha in alphas)
            alpha.grad?.zero_();
        ModuleWeights.Import(supernet, before);
        return eigenvalue;

        Tensor[] GradientAt(double distance)
        {
            Set(distance);
            supernet.SetRequiresGrad(false);
            architecture.RequiresGrad = true;
            foreach (TorchSharp.Modules.Parameter alpha in alphas)
                alpha.grad?.zero_();
            nn.functional.cross_entropy(supernet.Forward(images, architecture), labels).backward();
            return [.. alphas.Select(alpha => alpha.grad?.clone() ?? zeros_like(alpha))]; // a shallow supernet may lack one kind of cell
        }

        void Set(double distance)
        {
            using IDisposable noGradient = no_grad();
            for (int i = 0; i < alphas.Length; i++)
                alphas[i].copy_(distance == 0 ? start[i] : start[i].Plus(direction[i], distance));
        }
    }
}
