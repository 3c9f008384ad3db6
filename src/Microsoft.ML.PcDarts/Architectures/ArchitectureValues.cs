using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts;

/// <summary>The architecture parameters at a moment of the search, before any softmax. E edges; the 8 operations of an edge are in the
/// order of the paper's code: none, max_pool_3x3, avg_pool_3x3, skip_connect, sep_conv_3x3, sep_conv_5x5, dil_conv_3x3, dil_conv_5x5. Edges
/// are those into the first node, by input, then those into the second, and so on.</summary>
/// <param name="AlphaNormal">α of the normal cell, E × 8 values, an edge after the other.</param>
/// <param name="AlphaReduce">α of the reduction cell, likewise.</param>
/// <param name="BetaNormal">β of the normal cell, E values.</param>
/// <param name="BetaReduce">β of the reduction cell, E values.</param>
public sealed record ArchitectureValues(
    IReadOnlyList<float> AlphaNormal, IReadOnlyList<float> AlphaReduce, IReadOnlyList<float> BetaNormal, IReadOnlyList<float> BetaReduce)
{
    /// <summary>
    /// Their names in the paper's code, in the order of the members. They are no part of its modules, so files hold them beside the state
    /// dict.
    /// </summary>
    internal static IReadOnlyList<string> Names { get; } = ["alphas_normal", "alphas_reduce", "betas_normal", "betas_reduce"];

    /// <summary>
    /// Reads α and β of a file: the tensors <c>alphas_normal</c> and <c>alphas_reduce</c> [E, 8], <c>betas_normal</c> and
    /// <c>betas_reduce</c> [E] of a safetensors file, such as <see cref="PcDartsRun.SaveSupernet"/> and the checkpoints of a search write,
    /// or of a dictionary that PyTorch 1.6 or newer saved with <c>torch.save</c>; there they may also lie beside a <c>state_dict</c>. Other
    /// tensors are left alone, nothing in the file is run, and libtorch is not needed.
    /// </summary>
    /// <param name="path">The file; floating types of PyTorch are converted to float32.</param>
    /// <returns>The values.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, lacks one of the four, or one has another shape, a value that is not
    /// finite, or more than <see cref="Genotype.MaximumNodes"/> nodes; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ArchitectureValues Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        IReadOnlyDictionary<string, TensorData> tensors = TensorFile.Read(path, Names).Tensors;
        try
        {
            return Of(tensors)
                ?? throw new InvalidDataException($"it has none of {string.Join(", ", Names)}. The paper's "
                    + $"code keeps them outside of its state_dict: "
                + "save them beside it, as docs/interchange.md shows. The weights of a trained network do not hold them; 'import' reads "
                + "those");
        }
        catch (InvalidDataException damage)
        {
            throw new InvalidDataException($"'{path}' gives no α and β: {damage.Message.TrimEnd('.')}.", damage);
        }
    }

    /// <summary>The genotype of the strongest edges and operations, as <c>genotype()</c> of the paper's code decodes it.</summary>
    /// <param name="maximumSkipConnections">Most skip connections that the normal cell keeps, as
    /// <see cref="PcDartsTrainer.Options.MaximumSkipConnections"/>: 0 or more. Null, the default, for no limit.</param>
    /// <returns>The genotype.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maximumSkipConnections"/> is negative.</exception>
    /// <exception cref="ArgumentException">A member has a length that no cell has, another one than the others, or a value that is not
    /// finite.</exception>
    public Genotype Decode(int? maximumSkipConnections = null)
    {
        if (maximumSkipConnections < 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(maximumSkipConnections), maximumSkipConnections, "The limit must be 0 or more, or null for none.");
        }

        CellTopology topology = CellTopology.OfEdges(BetaNormal.Count)
            ?? throw new ArgumentException($"{nameof(BetaNormal)} has {BetaNormal.Count} values; {CellTopology.EdgeCounts}.");
        return GenotypeDecoder.Decode(
            topology, [.. AlphaNormal], [.. AlphaReduce], [.. BetaNormal], [.. BetaReduce], maximumSkipConnections);
    }

    /// <summary>α and β among tensors; null if there are none.</summary>
    /// <exception cref="InvalidDataException">One is missing, has another shape, or a value that is not finite.</exception>
    internal static ArchitectureValues? Of(IReadOnlyDictionary<string, TensorData> tensors)
    {
        if (Names.FirstOrDefault(tensors.ContainsKey) is not { } first)
            return null;
        if (Names.FirstOrDefault(name => !tensors.ContainsKey(name)) is { } missing)
        {
            throw new InvalidDataException(
                $"it has '{first}' and no '{missing}'; α and β of both cells are needed together, or none of them");
        }

        int edges = tensors[Names[2]].Count, operations = PrimitiveNames.Searched.Count;
        if (CellTopology.OfEdges(edges) is null)
            throw new InvalidDataException($"its '{Names[2]}' has {edges} values; {CellTopology.EdgeCounts}");
        float[][] values = [.. Names.Select((name, index) => Checked(name, index < 2 ? [edges, operations] : [edges]))];
        return new ArchitectureValues(values[0], values[1], values[2], values[3]);

        float[] Checked(string name, long[] shape)
        {
            TensorData tensor = tensors[name];
            if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            {
                throw new InvalidDataException(
                    $"its '{name}' is [{string.Join(", ", tensor.Shape)}]; [{string.Join(", ", shape)}] is needed: a row for each edge, a "
                        + $"column for each of the {operations} operations of α");
            }

            TensorChecks.CheckFinite(name, tensor.Floats, shape);
            return tensor.Floats;
        }
    }
}
