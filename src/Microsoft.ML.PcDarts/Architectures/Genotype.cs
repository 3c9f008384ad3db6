using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts;

/// <summary>
/// A discovered architecture: a normal and a reduction cell. Two edges belong to each node, in the order of the nodes; states 0 and 1 are
/// the cell's inputs, 2 and up its nodes. Two genotypes are equal when their lists hold the same values in the same order.
/// </summary>
/// <remarks>
/// The form of the reference code's <c>Genotype</c> tuple (PC-DARTS and DARTS, <c>genotypes.py</c>). Both edges of a node may read the
/// same state, as in NASNet and AmoebaNet; nodes left out of a concat list are computed and may feed other nodes.
/// </remarks>
public sealed record Genotype
{
    /// <summary>
    /// Most nodes of a cell: 64. The published cells have 4 or 5, a search up to 8; drawings and networks grow with the square of the
    /// number.
    /// </summary>
    public const int MaximumNodes = 64;

    /// <summary>
    /// Most characters of a text that is read: comments and white space included, a genotype of 64 nodes takes fewer than 10,000.
    /// </summary>
    internal const int MaximumText = 1_000_000;

    private string? _json;

    /// <summary>Creates a genotype from copies of the lists and checks it.</summary>
    /// <param name="Normal">Edges of the normal cell: 2 for each node, 1 to <see cref="MaximumNodes"/> nodes; node n (from 0) reads a state
    /// below n + 2.</param>
    /// <param name="NormalConcat">The nodes' states (2 … nodes + 1, each at most once, at least one) whose concatenation is the normal
    /// cell's output.</param>
    /// <param name="Reduce">Edges of the reduction cell, as many as <paramref name="Normal"/> has.</param>
    /// <param name="ReduceConcat">As <paramref name="NormalConcat"/>, for the reduction cell.</param>
    /// <exception cref="ArgumentNullException">A list is null.</exception>
    /// <exception cref="GenotypeFormatException">A rule is broken.</exception>
    public Genotype(
        IReadOnlyList<GenotypeEdge> Normal,
        IReadOnlyList<int> NormalConcat,
        IReadOnlyList<GenotypeEdge> Reduce,
        IReadOnlyList<int> ReduceConcat)
    {
        ArgumentNullException.ThrowIfNull(Normal);
        ArgumentNullException.ThrowIfNull(NormalConcat);
        ArgumentNullException.ThrowIfNull(Reduce);
        ArgumentNullException.ThrowIfNull(ReduceConcat);
        CheckLength(Normal.Count, "normal");
        CheckLength(Reduce.Count, "reduce");
        CheckConcatLength(NormalConcat.Count, "normal_concat");
        CheckConcatLength(ReduceConcat.Count, "reduce_concat");
        this.Normal = Array.AsReadOnly<GenotypeEdge>([.. Normal]);
        this.NormalConcat = Array.AsReadOnly<int>([.. NormalConcat]);
        this.Reduce = Array.AsReadOnly<GenotypeEdge>([.. Reduce]);
        this.ReduceConcat = Array.AsReadOnly<int>([.. ReduceConcat]);
        Validate();
    }

    /// <summary>Edges of the normal cell, two for each node.</summary>
    public IReadOnlyList<GenotypeEdge> Normal { get; }

    /// <summary>States whose concatenation is the normal cell's output.</summary>
    public IReadOnlyList<int> NormalConcat { get; }

    /// <summary>Edges of the reduction cell, two for each node. Edges that read state 0 or 1 have stride 2.</summary>
    public IReadOnlyList<GenotypeEdge> Reduce { get; }

    /// <summary>States whose concatenation is the reduction cell's output.</summary>
    public IReadOnlyList<int> ReduceConcat { get; }

    /// <summary>Nodes of a cell: half the number of its edges.</summary>
    public int Nodes => Normal.Count / 2;

    /// <summary>Writes the canonical JSON, without spaces:
    /// <c>{"normal":[["sep_conv_3x3",1],…],"normal_concat":[2,3,4,5],"reduce":[…],"reduce_concat":[…]}</c>.</summary>
    /// <returns>One line of JSON; equal genotypes give equal text.</returns>
    public string ToJson() => _json ??= GenotypeJson.Write(this);

    /// <summary>
    /// Reads the JSON form: the four members of <see cref="ToJson"/> in any order, each once, and perhaps the <c>sha256</c> that
    /// <see cref="Save"/> adds.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <returns>The genotype.</returns>
    /// <exception cref="GenotypeFormatException">The text has more than 1,000,000 characters, is not JSON, has unknown, missing or repeated
    /// members or trailing data, or a rule of the genotype is broken.</exception>
    public static Genotype FromJson(string json) => GenotypeJson.Read(json);

    /// <summary>Writes the notation of the reference code, as Python prints it:
    /// <c>Genotype(normal=[('sep_conv_3x3', 1), …], normal_concat=range(2, 6), reduce=[…], reduce_concat=range(2, 6))</c>.</summary>
    /// <returns>One line; a concat list that is not a run of consecutive states is written as <c>[4, 5, 6, 8]</c>.</returns>
    public string ToPython() => GenotypePython.Write(this);

    /// <summary>Reads the notation of the reference code, with any white space, comments and an optional <c>NAME = </c> before it.
    /// A concat may be <c>range(2, 6)</c> or a list.</summary>
    /// <param name="text">The text of one genotype.</param>
    /// <returns>The genotype.</returns>
    /// <exception cref="GenotypeFormatException">The text has more than 1,000,000 characters, cannot be read, or a rule of the genotype is
    /// broken.</exception>
    public static Genotype FromPython(string text) => GenotypePython.Read(text);

    /// <summary>
    /// Writes a file of the JSON form and its <see cref="Sha256"/>, by which <see cref="Load"/> and <see cref="FromJson"/> notice damage.
    /// The file's name always holds either the old content or all of the new.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
        => AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(GenotypeJson.WithChecksum(this) + "\n")));

    /// <summary>Reads a file that holds one genotype, as JSON or in Python notation.</summary>
    /// <param name="path">The file, in UTF-8.</param>
    /// <returns>The genotype.</returns>
    /// <exception cref="GenotypeFormatException">The file holds no valid genotype; the message names the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Genotype Load(string path)
    {
        string text = ReadText(path);
        try
        {
            return text.AsSpan().TrimStart().StartsWith('{') ? FromJson(text) : FromPython(text);
        }
        catch (GenotypeFormatException exception)
        {
            throw new GenotypeFormatException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>The SHA-256 of the canonical JSON in UTF-8: the identity of an architecture.</summary>
    /// <returns>64 lowercase hexadecimal digits.</returns>
    public string Sha256() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToJson())));

    /// <summary>Compares the contents of the lists.</summary>
    /// <param name="other">The other genotype.</param>
    /// <returns>Whether all four lists hold the same values in the same order.</returns>
    public bool Equals(Genotype? other) => other is not null && Normal.SequenceEqual(other.Normal) && Reduce.SequenceEqual(other.Reduce)
        && NormalConcat.SequenceEqual(other.NormalConcat) && ReduceConcat.SequenceEqual(other.ReduceConcat);

    /// <inheritdoc/>
    public override int GetHashCode() => ToJson().GetHashCode(StringComparison.Ordinal);

    /// <summary>Returns <see cref="ToPython"/>.</summary>
    /// <returns>The Python notation.</returns>
    public override string ToString() => ToPython();

    /// <summary>Checks the length of a text before it is read.</summary>
    /// <exception cref="GenotypeFormatException">It is too long.</exception>
    internal static void CheckText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaximumText)
        {
            throw new GenotypeFormatException(
                $"The text has more than {MaximumText} characters, which no genotype of at most {MaximumNodes} nodes needs.");
        }
    }

    // No more than can be a genotype, whatever the file's size is said to be.
    private static string ReadText(string path)
    {
        using var reader = new StreamReader(path);
        char[] text = new char[4096];
        int count = 0;
        while (reader.Read(text, count, text.Length - count) is var read and > 0 && (count += read) <= MaximumText)
        {
            if (count == text.Length)
                Array.Resize(ref text, 2 * count);
        }

        return new string(text, 0, count);
    }

    private static void CheckLength(int edges, string cell)
    {
        if (edges > 2 * MaximumNodes)
        {
            throw new GenotypeFormatException(
                $"{cell} has {edges} edges, 2 for each node; at most {MaximumNodes} nodes are allowed (Genotype.MaximumNodes).");
        }
    }

    private static void CheckConcatLength(int states, string name)
    {
        if (states > MaximumNodes)
        {
            throw new GenotypeFormatException(
                $"{name} names {states} states; a cell has at most {MaximumNodes} nodes (Genotype.MaximumNodes).");
        }
    }

    private void Validate()
    {
        ValidateEdges(Normal, "normal");
        ValidateEdges(Reduce, "reduce");
        if (Normal.Count != Reduce.Count)
        {
            throw new GenotypeFormatException(
                $"normal has {Normal.Count} edges and reduce {Reduce.Count}; both cells must have the same number of nodes.");
        }
        ValidateConcat(NormalConcat, "normal_concat");
        ValidateConcat(ReduceConcat, "reduce_concat");
    }

    private static void ValidateEdges(IReadOnlyList<GenotypeEdge> edges, string cell)
    {
        if (edges.Count == 0 || edges.Count % 2 != 0)
            throw new GenotypeFormatException($"{cell} has {edges.Count} edges; each node needs 2, and a cell at least 1 node.");
        for (int i = 0; i < edges.Count; i++)
        {
            (Primitive operation, int input) = edges[i];
            if (!Enum.IsDefined(operation) || operation == Primitive.None)
            {
                string value = Enum.IsDefined(operation) ? operation.Name() : $"{(int)operation}";
                throw new GenotypeFormatException($"{cell} edge {i} has operation '{value}'; allowed are "
                    + $"{string.Join(", ", Enum.GetValues<Primitive>().Where(p => p != Primitive.None).Select(p => p.Name()))}.");
            }
            if (input < 0 || input > i / 2 + 1)
            {
                throw new GenotypeFormatException(
                    $"{cell} edge {i} ('{operation.Name()}', {input}) reads state {input}; node {i / 2} can read states 0 to {i / 2 + 1}.");
            }
        }
    }

    private void ValidateConcat(IReadOnlyList<int> concat, string name)
    {
        if (concat.Count == 0)
            throw new GenotypeFormatException($"{name} is empty; it must name at least one of the states 2 to {Nodes + 1}.");
        var seen = new HashSet<int>();
        foreach (int state in concat)
        {
            if (state < 2 || state > Nodes + 1)
                throw new GenotypeFormatException($"{name} names state {state}; allowed are the nodes' states 2 to {Nodes + 1}.");
            if (!seen.Add(state))
                throw new GenotypeFormatException($"{name} names state {state} twice; each may appear once.");
        }
    }
}
