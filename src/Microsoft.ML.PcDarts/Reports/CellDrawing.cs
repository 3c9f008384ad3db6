using System.Globalization;
using System.Text;

namespace Microsoft.ML.PcDarts;

/// <summary>Draws the two cells of a genotype.</summary>
public static partial class CellDrawing
{
    /// <summary>Writes the cells in Graphviz' DOT language, one cluster each, edges labeled with their operations.</summary>
    /// <param name="genotype">The architecture.</param>
    /// <returns>A <c>digraph</c>; render it with <c>dot -Tsvg</c>.</returns>
    public static string ToDot(Genotype genotype)
    {
        ArgumentNullException.ThrowIfNull(genotype);
        var dot = new StringBuilder();
        dot.Append("digraph genotype {\n");
        dot.Append("  rankdir=LR;\n  fontname=\"Helvetica\";\n  node [fontname=\"Helvetica\", "
            + "shape=circle];\n  edge [fontname=\"Helvetica\", fontsize=11];\n");
        Cluster("normal", "Normal cell", genotype.Normal, genotype.NormalConcat);
        Cluster("reduce", "Reduction cell", genotype.Reduce, genotype.ReduceConcat);
        return dot.Append("}\n").ToString();

        void Cluster(string name, string title, IReadOnlyList<GenotypeEdge> edges, IReadOnlyList<int> concat)
        {
            int output = edges.Count / 2 + 2;
            dot.Append(CultureInfo.InvariantCulture, $"  subgraph cluster_{name} {{\n    label=\"{title}\";\n");
            for (int state = 0; state <= output; state++)
            {
                string box = state < 2 || state == output ? ", shape=box, style=rounded" : "";
                dot.Append(CultureInfo.InvariantCulture, $"    {name}_{state} [label=\"{StateName(state, output)}\"{box}];\n");
            }
            for (int i = 0; i < edges.Count; i++)
            {
                dot.Append(CultureInfo.InvariantCulture,
                    $"    {name}_{edges[i].Input} -> {name}_{i / 2 + 2} [label=\"{edges[i].Operation.Name()}\"];\n");
            }
            foreach (int state in concat)
                dot.Append(CultureInfo.InvariantCulture, $"    {name}_{state} -> {name}_{output};\n");
            dot.Append("  }\n");
        }
    }

    /// <summary>
    /// A state's name in the paper, which the drawings show: the inputs c_{k-2} and c_{k-1}, nodes from 0, the output c_{k}.
    /// </summary>
    /// <param name="state">The state as <see cref="GenotypeEdge.Input"/> counts: 0 and 1 are the inputs, nodes follow.</param>
    /// <param name="output">Number of the output: two more than <see cref="Genotype.Nodes"/>.</param>
    /// <returns>The name, such as <c>c_{k-1}</c> for state 1 and <c>0</c> for state 2.</returns>
    public static string StateName(int state, int output) => state switch
    {
        0 => "c_{k-2}",
        1 => "c_{k-1}",
        _ when state == output => "c_{k}",
        _ => (state - 2).ToString(CultureInfo.InvariantCulture),
    };
}
