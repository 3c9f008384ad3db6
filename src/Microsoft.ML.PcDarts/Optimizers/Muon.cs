using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Optimizers;

/// <summary>
/// Momentum whose step is made orthogonal, so that all directions of a weight matrix learn equally fast. For the convolutions that mix
/// channels; each is followed by a batch norm, so only the direction of its weights counts: their norm is fixed, which makes the learning
/// rate the relative change of a step.
/// </summary>
/// <remarks>
/// Differs from PC-DARTS, which trains with SGD alone. Source of the method: Jordan et al. 2024, "Muon: An optimizer for hidden layers in
/// neural networks"; of the fixed norm and of three steps where that work takes five: Jordan's CIFAR-10 training airbench94_muon; of
/// coefficients that differ from step to step: Amsel et al. 2025, "The Polar Express". Matrices of one shape are stepped together.
/// </remarks>
internal sealed class Muon : IDisposable
{
    /// <summary>
    /// Of each Newton-Schulz step a·σ + b·σ³ + c·σ⁵ on the singular values σ. Each is the polynomial nearest 1 (minimax) on what the steps
    /// before make of the interval from 0.0125 to 1; after the last it is 0.797 to 1.203.
    /// </summary>
    private static readonly (double A, float B, float C)[] NewtonSchulzSteps =
    [
        (7.99435, -23.23003f, 17.13580f),
        (3.51632, -2.63451f, 0.52661f),
        (2.50283, -1.84508f, 0.43802f),
    ];

    private readonly Group[] _groups;
    private readonly double _momentum;
    private readonly bool _nesterov;

    /// <param name="parameters">Names and weights, each for which <see cref="CanStep"/> holds.</param>
    /// <param name="momentum">0 to below 1.</param>
    /// <param name="nesterov">Nesterov's form of momentum.</param>
    public Muon(IEnumerable<(string Name, Parameter Parameter)> parameters, double momentum, bool nesterov)
    {
        (_momentum, _nesterov) = (momentum, nesterov);
        _groups = [.. parameters.GroupBy(
            entry => (Rows: entry.Parameter.size(0), Columns: entry.Parameter.numel() / entry.Parameter.size(0)))
            .Select(shape => new Group(shape.Key.Rows, shape.Key.Columns, [.. shape]))
            .OrderBy(group => group.IsLarge)];
    }

    /// <summary>Whether a parameter is the weight of a convolution that mixes channels: <c>[O, I, kH, kW]</c> with I above 1.</summary>
    public static bool CanStep(Parameter parameter) => parameter.dim() == 4 && parameter.size(1) > 1;

    /// <summary>One step against the gradients.</summary>
    /// <param name="learningRate">Change of a square matrix relative to its norm.</param>
    public void Step(double learningRate)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        int threads = get_num_threads();
        bool onCpu = _groups[0].Weights.device_type == DeviceType.CPU;
        // Waking other threads takes longer than most of these operations.
        if (onCpu)
            set_num_threads(1);
        try
        {
            foreach (Group group in _groups)
            {
                if (onCpu && group.IsLarge)
                    set_num_threads(threads);
                Step(group, learningRate);
            }
        }
        finally
        {
            if (onCpu)
                set_num_threads(threads);
        }
    }

    /// <summary>Adds the momentum of every weight that was stepped.</summary>
    public void Export(IDictionary<string, TensorData> tensors)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (Group group in _groups)
        {
            if (group.Buffer is not { } buffer)
                continue;
            float[] all = [.. buffer.cpu().data<float>()];
            int size = (int)(group.Rows * group.Columns);
            for (int member = 0; member < group.Members.Count; member++)
            {
                tensors.Add(
                    WeightSgd.MomentumPrefix + group.Members[member].Name,
                    new TensorData(group.Members[member].Parameter.shape, all[(member * size)..((member + 1) * size)]));
            }
        }
    }

    /// <summary>Takes over what <see cref="Export"/> added.</summary>
    public void Import(IReadOnlyDictionary<string, TensorData> tensors, Device device)
    {
        foreach (Group group in _groups)
        {
            group.Buffer?.Dispose();
            group.Buffer = tensors.ContainsKey(WeightSgd.MomentumPrefix + group.Members[0].Name)
                ? tensor(
                    [.. group.Members.SelectMany(member => tensors[WeightSgd.MomentumPrefix + member.Name].Floats)],
                    [group.Members.Count, group.Rows, group.Columns],
                    device: device).DetachFromDisposeScope()
                : null;
        }
    }

    public void Dispose()
    {
        foreach (Group group in _groups)
            group.Dispose();
    }

    /// <summary>
    /// Newton-Schulz steps that bring all singular values near 1: between 0.79 and 1.21 from 0.0125 times the matrix's norm on; smaller
    /// ones are multiplied by up to 70. The norm is Schatten's of order 4.
    /// </summary>
    /// <param name="matrices">float32 <c>[M, O, I]</c>.</param>
    public static Tensor Orthogonalize(Tensor matrices)
    {
        bool tall = matrices.size(1) > matrices.size(2);
        Tensor x = tall ? matrices.mT : matrices;
        Tensor gram = x.matmul(x.mT);
        // No smaller than the largest singular value, as the Frobenius norm of x, but nearer to it, and gram is there anyway.
        Tensor squaredNorm = Norm(gram).Plus(1e-14);
        x = x / squaredNorm.sqrt();
        gram = gram.div_(squaredNorm);
        for (int step = 0; step < NewtonSchulzSteps.Length; step++)
        {
            (double a, float b, float c) = NewtonSchulzSteps[step];
            if (step > 0)
                gram = x.matmul(x.mT);
            // TorchSharp 0.107 takes the matrices in another order than torch, which does not matter here: all are the same.
            Tensor polynomial = baddbmm(gram, gram, gram, beta: b, alpha: c);
            polynomial.diagonal(0, 1, 2).Accumulate(a);
            x = polynomial.matmul(x);
        }

        return tall ? x.mT : x;
    }

    private void Step(Group group, double learningRate)
    {
        Tensor gradients = stack([.. group.Members.Select(member => member.Parameter.grad!.reshape(group.Rows, group.Columns))]);
        group.Buffer ??= zeros_like(gradients).DetachFromDisposeScope();
        group.Buffer.Scale(_momentum).Accumulate(gradients);
        Tensor update = Orthogonalize(_nesterov ? gradients.Accumulate(group.Buffer, _momentum) : group.Buffer);
        group.Weights.mul_(Norm(group.Weights).reciprocal_().Scale(Math.Sqrt(Math.Min(group.Rows, group.Columns))));
        group.Weights.Accumulate(update, -learningRate * Math.Sqrt(Math.Max(1, (double)group.Rows / group.Columns)));
    }

    private static Tensor Norm(Tensor matrices) => linalg.norm(matrices, "fro", [1, 2], keepdim: true);

    /// <summary>Weights that are matrices of one shape; they move into one buffer.</summary>
    private sealed class Group : IDisposable
    {
        /// <summary>Multiplications of a product of all matrices that outweigh the waking of other threads, some 50 µs.</summary>
        private const long LargeProduct = 10_000_000;

        public Group(long rows, long columns, (string Name, Parameter Parameter)[] members)
        {
            (Rows, Columns, Members) = (rows, columns, members);
            Weights = FlatWeights.Together([.. members.Select(member => member.Parameter)]).view(members.Length, rows, columns);
        }

        public long Rows { get; }

        public long Columns { get; }

        public IReadOnlyList<(string Name, Parameter Parameter)> Members { get; }

        /// <summary><c>[M, O, I·kH·kW]</c>.</summary>
        public Tensor Weights { get; }

        /// <summary><c>[M, O, I·kH·kW]</c>; null before the first step.</summary>
        public Tensor? Buffer { get; set; }

        /// <summary>Whether it pays to compute with several threads.</summary>
        public bool IsLarge => Members.Count * Math.Min(Rows, Columns) * Rows * Columns >= LargeProduct;

        public void Dispose()
        {
            Weights.Dispose();
            Buffer?.Dispose();
        }
    }
}
