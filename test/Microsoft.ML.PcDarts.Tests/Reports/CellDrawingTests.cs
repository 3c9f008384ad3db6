using System.Xml.Linq;

namespace Microsoft.ML.PcDarts.Tests.Reports;

public sealed class CellDrawingTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static TheoryData<string> Published => [.. KnownGenotypes.All.Keys];

    [Fact]
    public void ToDot_OneNode_IsAGraphOfTwoClusters() => Assert.Equal("""
        digraph genotype {
          rankdir=LR;
          fontname="Helvetica";
          node [fontname="Helvetica", shape=circle];
          edge [fontname="Helvetica", fontsize=11];
          subgraph cluster_normal {
            label="Normal cell";
            normal_0 [label="c_{k-2}", shape=box, style=rounded];
            normal_1 [label="c_{k-1}", shape=box, style=rounded];
            normal_2 [label="0"];
            normal_3 [label="c_{k}", shape=box, style=rounded];
            normal_1 -> normal_2 [label="sep_conv_3x3"];
            normal_0 -> normal_2 [label="skip_connect"];
            normal_2 -> normal_3;
          }
          subgraph cluster_reduce {
            label="Reduction cell";
            reduce_0 [label="c_{k-2}", shape=box, style=rounded];
            reduce_1 [label="c_{k-1}", shape=box, style=rounded];
            reduce_2 [label="0"];
            reduce_3 [label="c_{k}", shape=box, style=rounded];
            reduce_0 -> reduce_2 [label="max_pool_3x3"];
            reduce_0 -> reduce_2 [label="max_pool_3x3"];
            reduce_2 -> reduce_3;
          }
        }

        """.ReplaceLineEndings("\n"), CellDrawing.ToDot(new Genotype(
            [new(Primitive.SepConv3x3, 1), new(Primitive.SkipConnect, 0)], [2],
            [new(Primitive.MaxPool3x3, 0), new(Primitive.MaxPool3x3, 0)], [2])));

    [Theory]
    [MemberData(nameof(Published))]
    public void ToSvg_Published_LabelsEveryOperation(string name)
    {
        Genotype genotype = KnownGenotypes.All[name];
        XElement svg = XDocument.Parse(CellDrawing.ToSvg(genotype)).Root!;
        HashSet<string> names = [.. Enum.GetValues<Primitive>().Select(p => p.Name())];
        Assert.Equal(
            genotype.Normal.Concat(genotype.Reduce).Select(edge => edge.Operation.Name()).Order(),
            svg.Descendants(Svg + "text").Select(text => text.Value).Where(names.Contains).Order());
    }

    [Fact]
    public void ToSvg_Published_IsDescribedInWords()
    {
        XElement svg = XDocument.Parse(CellDrawing.ToSvg(KnownGenotypes.PcDartsCifar)).Root!;
        Assert.Equal("img", svg.Attribute("role")!.Value);
        Assert.Equal("title", svg.Elements().First().Name.LocalName);
        string description = svg.Element(Svg + "desc")!.Value;
        Assert.Contains("Normal cell: node 0 adds sep_conv_3x3 of c_{k-1} and skip_connect of c_{k-2};", description);
        Assert.Contains("the output joins node 0, node 1, node 2, node 3.", description);
        Assert.Contains(svg.Descendants(Svg + "title"), t => t.Value == "sep_conv_5x5, stride 2, from c_{k-1} to node 0");
        Assert.Contains(svg.Descendants(Svg + "title"), t => t.Value == "sep_conv_5x5, stride 1, from node 0 to node 1");
    }

    [Fact]
    public void ToSvg_Twice_CanStandInOnePage()
    {
        XElement svg = XDocument.Parse(CellDrawing.ToSvg(KnownGenotypes.NasNet)).Root!;
        Assert.DoesNotContain(svg.DescendantsAndSelf(), e => e.Attribute("id") is not null || e.Name.LocalName == "script");
        string style = svg.Element(Svg + "style")!.Value;
        Assert.Contains("prefers-color-scheme:dark", style);
        Assert.All(
            style.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Where(line => line is not "}" && !line.StartsWith("@media", StringComparison.Ordinal)),
            line => Assert.StartsWith(".pcdarts-cells", line));
    }
}
