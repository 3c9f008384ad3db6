using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>
/// α and β: what the search learns about the architecture. They are no part of a module, so that the weight optimizer never sees
/// them and a checkpoint names them on their own. E edges, 8 operations.
/// </summary>
internal sealed class ArchitectureParameters : IDisposable
{
    private const double InitialDeviation = 1e-3;
    private readonly CellTopology _topology;

    /// <summary>Draws all values from N(0, 1e-3²). The same seed gives the same values on every device.</summary>
    public ArchitectureParameters(CellTopology topology, Device device, int seed)
    {
        _topology = topology;
        int edges = topology.EdgeCount, operations = PrimitiveNames.Searched.Count;
        using DisposeScope scope = NewDisposeScope();
        using Generator generator = new(unchecked((ulong)seed));
        AlphaNormal = Draw([edges, operations]);
        AlphaReduce = Draw([edges, operations]);
        BetaNormal = Draw([edges]);
        BetaReduce = Draw([edges]);
        Tensors = [AlphaNormal, AlphaReduce, BetaNormal, BetaReduce];
        RequiresGrad = true;

        Parameter Draw(long[] size)
        {
            Parameter parameter = new(randn(size, ScalarType.Float32, generator: generator).Times(InitialDeviation).to(device));
            parameter.DetachFromDisposeScope();
            return parameter;
        }
    }

    /// <summary>[E, 8].</summary>
    public Parameter AlphaNormal { get; }

    /// <summary>[E, 8].</summary>
    public Parameter AlphaReduce { get; }

    /// <summary>[E].</summary>
    public Parameter BetaNormal { get; }

    /// <summary>[E].</summary>
    public Parameter BetaReduce { get; }

    /// <summary>α of the normal and the reduction cell, then β of both.</summary>
    public IReadOnlyList<Parameter> Tensors { get; }

    /// <summary>Whether gradients are computed; off while the weights are stepped. Initially on.</summary>
    public bool RequiresGrad
    {
        get => AlphaNormal.requires_grad;
        set
        {
            foreach (Parameter tensor in Tensors)
                tensor.requires_grad = value;
        }
    }

    /// <summary>The genotype of the strongest edges and operations.</summary>
    /// <param name="maximumSkips">Most skip connections of the normal cell; null for no limit.</param>
    public Genotype Decode(int? maximumSkips = null)
        => GenotypeDecoder.Decode(_topology, Copy(AlphaNormal), Copy(AlphaReduce), Copy(BetaNormal), Copy(BetaReduce), maximumSkips);

    public CellTopology Topology => _topology;

    /// <summary>Copies of all values.</summary>
    public ArchitectureValues Values() => new(Copy(AlphaNormal), Copy(AlphaReduce), Copy(BetaNormal), Copy(BetaReduce));

    /// <summary>Copies of all values under the names of the paper's code.</summary>
    public IEnumerable<KeyValuePair<string, TensorData>> Export()
        => ArchitectureValues.Names.Zip(Tensors, (name, tensor) => KeyValuePair.Create(name, new TensorData(tensor.shape, Copy(tensor))));

    /// <summary>Overwrites all values.</summary>
    public void Import(IReadOnlyDictionary<string, TensorData> tensors)
    {
        using IDisposable noGradient = no_grad();
        foreach ((string name, Parameter target) in ArchitectureValues.Names.Zip(Tensors))
        {
            using Tensor values = tensor(tensors[name].Floats, tensors[name].Shape);
            target.copy_(values);
        }
    }

    public void Dispose()
    {
        foreach (Parameter tensor in Tensors)
            tensor.Dispose();
    }

    private static float[] Copy(Tensor tensor)
    {
        using Tensor values = tensor.detach().cpu();
        return values.data<float>().ToArray();
    }
}
