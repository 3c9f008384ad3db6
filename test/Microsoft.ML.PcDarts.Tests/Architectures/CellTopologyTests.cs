using Microsoft.ML.PcDarts.Architectures;

namespace Microsoft.ML.PcDarts.Tests.Architectures;

public sealed class CellTopologyTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(4, 14)]
    [InlineData(7, 35)]
    public void EdgeCount_OfNodes_IsSumOfInputs(int nodes, int expected)
    {
        var topology = new CellTopology(nodes);
        Assert.Equal(expected, topology.EdgeCount);
        Assert.Equal(expected, Enumerable.Range(0, nodes).Sum(topology.InputCount));
    }

    [Fact]
    public void EdgeOffset_OfNextNode_FollowsTheEdgesBefore()
    {
        var topology = new CellTopology(6);
        int expected = 0;
        for (int node = 0; node < 6; node++)
        {
            Assert.Equal(expected, topology.EdgeOffset(node));
            expected += topology.InputCount(node);
        }
    }

    [Fact]
    public void EdgeOffset_OfNodeOutsideTheCell_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new CellTopology(4).EdgeOffset(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CellTopology(4).InputCount(-1));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(14, 4)]
    [InlineData(44, 8)]
    [InlineData(0, null)]
    [InlineData(13, null)]
    public void OfEdges_Count_GivesItsNodes(int edges, int? nodes) => Assert.Equal(nodes, CellTopology.OfEdges(edges)?.Nodes);

    [Fact]
    public void Constructor_NoNodes_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new CellTopology(0));

    [Theory]
    [InlineData(20, new[] { 6, 13 })]
    [InlineData(14, new[] { 4, 9 })]
    [InlineData(8, new[] { 2, 5 })]
    [InlineData(2, new[] { 0, 1 })]
    [InlineData(1, new[] { 0 })]
    public void IsReduction_OfLayers_IsAtOneAndTwoThirds(int layers, int[] expected) =>
        Assert.Equal(expected, Enumerable.Range(0, layers).Where(cell => CellTopology.IsReduction(cell, layers)));
}
