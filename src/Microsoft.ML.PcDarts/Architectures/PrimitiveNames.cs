namespace Microsoft.ML.PcDarts;

/// <summary>The names that the DARTS family of papers gives the operations, as genotype files write them.</summary>
public static class PrimitiveNames
{
    private static readonly string[] Names =
    [
        "none", "max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5",
        "sep_conv_7x7", "conv_7x1_1x7",
    ];

    /// <summary>The eight operations that are searched, in the order of the columns of α.</summary>
    public static IReadOnlyList<Primitive> Searched { get; } = Array.AsReadOnly(Enum.GetValues<Primitive>()[..8]);

    /// <summary>Returns the name of an operation in genotype files, such as <c>max_pool_3x3</c>.</summary>
    /// <param name="primitive">A defined operation.</param>
    /// <returns>The name.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="primitive"/> is not a defined value.</exception>
    public static string Name(this Primitive primitive) => (uint)primitive < (uint)Names.Length
        ? Names[(int)primitive]
        : throw new ArgumentOutOfRangeException(nameof(primitive), primitive, "Not a defined operation.");

    /// <summary>Finds the operation of a name; names are case-sensitive.</summary>
    /// <param name="name">A name such as <c>sep_conv_3x3</c>.</param>
    /// <returns>The operation.</returns>
    /// <exception cref="GenotypeFormatException"><paramref name="name"/> is unknown.</exception>
    public static Primitive Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int index = Array.IndexOf(Names, name);
        return index >= 0
            ? (Primitive)index
            : throw new GenotypeFormatException($"Operation '{name}' is unknown; allowed are {string.Join(", ", Names.Skip(1))}.");
    }
}
