using CsCheck;
using Microsoft.ML.PcDarts.Reports;
using Microsoft.ML.PcDarts.Tests.Architectures;

namespace Microsoft.ML.PcDarts.Tests.Reports;

public sealed class CellLayoutTests
{
    private const double Tolerance = 1e-6;

    [Fact]
    public void Constructor_AnyCell_BoxesDoNotTouch() => GenotypeTests.AnyGenotype.Sample(genotype =>
    {
        var layout = new CellLayout(genotype.Normal, genotype.NormalConcat);
        Box[] boxes = Boxes(layout);
        for (int i = 0; i < boxes.Length; i++)
        {
            for (int j = 0; j < i; j++)
                Assert.False(boxes[i].Grown(2).Overlaps(boxes[j]), $"{boxes[i]} touches {boxes[j]} in {genotype}");
        }
    }, iter: 100);

    [Fact]
    public void Constructor_AnyCell_StaysInside() => GenotypeTests.AnyGenotype.Sample(genotype =>
    {
        var layout = new CellLayout(genotype.Reduce, genotype.ReduceConcat);
        Assert.All(Boxes(layout), box => Assert.True(box.Left >= -Tolerance && box.Top >= -Tolerance
            && box.Right <= layout.Width + Tolerance && box.Bottom <= layout.Height + Tolerance));
    }, iter: 100);

    [Fact]
    public void Constructor_AnyCell_NoWireRunsThroughABox() => GenotypeTests.AnyGenotype.Sample(genotype =>
    {
        var layout = new CellLayout(genotype.Normal, genotype.NormalConcat);
        Box[] boxes = Boxes(layout);
        foreach (CellLayout.Wire wire in layout.Wires)
        {
            Assert.True(wire.X1 < wire.X2);
            // A wire bends only between its ends' heights.
            var space = new Box(wire.X1, Math.Min(wire.Y1, wire.Y2), wire.X2, Math.Max(wire.Y1, wire.Y2));
            Assert.DoesNotContain(boxes, box => box.Overlaps(space.Grown(-Tolerance, 1)));
        }
    }, iter: 100);

    [Fact]
    public void Constructor_AnyCell_ConnectsEachOperationToItsInputAndNode() => GenotypeTests.AnyGenotype.Sample(genotype =>
    {
        var layout = new CellLayout(genotype.Normal, genotype.NormalConcat);
        Assert.Equal(Enumerable.Range(0, genotype.Normal.Count), layout.Operations.Select(o => o.Edge).Order());
        Assert.Equal(Enumerable.Range(0, genotype.Nodes + 3), layout.States.Select(s => s.Index));
        foreach (CellLayout.Operation operation in layout.Operations)
        {
            CellLayout.State node = layout.States[operation.Edge / 2 + 2];
            CellLayout.State source = layout.States[genotype.Normal[operation.Edge].Input];
            Assert.Single(layout.Wires, w => w.X2 == operation.X && w.Y2 == operation.Y && w.Arrow && w.Source == source.Index
                && Reaches(layout, w, source));
            Assert.Contains(layout.Wires, w => Close(w.X1, operation.X + CellLayout.OperationWidth) && w.Y1 == operation.Y
                && w.Y2 == node.Y);
        }
        CellLayout.State output = layout.States[^1];
        Assert.Equal(genotype.NormalConcat.Order(),
            layout.Wires.Where(w => Close(w.X2, output.X - CellLayout.StateRadius)).Select(w => w.Source).Order());
    }, iter: 100);

    private static bool Reaches(CellLayout layout, CellLayout.Wire wire, CellLayout.State source)
    {
        for (CellLayout.Wire? step = wire; step is not null;
            step = layout.Wires.FirstOrDefault(w => w.Source == source.Index && w.X2 == step.X1 && w.Y2 == step.Y1))
        {
            if (Close(step.X1, source.X + CellLayout.StateRadius) && step.Y1 == source.Y)
                return true;
        }
        return false;
    }

    private static bool Close(double a, double b) => Math.Abs(a - b) < Tolerance;

    private static Box[] Boxes(CellLayout layout) =>
    [
        .. layout.Operations.Select(o => new Box(
            o.X, o.Y - CellLayout.OperationHeight / 2, o.X + CellLayout.OperationWidth, o.Y + CellLayout.OperationHeight / 2)),
        .. layout.States.Select(s => new Box(
            s.X - CellLayout.StateRadius, s.Y - s.HalfHeight, s.X + CellLayout.StateRadius, s.Y + s.HalfHeight)),
    ];

    private sealed record Box(double Left, double Top, double Right, double Bottom)
    {
        public Box Grown(double by) => Grown(by, by);

        public Box Grown(double x, double y) => new(Left - x, Top - y, Right + x, Bottom + y);

        public bool Overlaps(Box other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;
    }
}
