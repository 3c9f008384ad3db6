namespace Microsoft.ML.PcDarts.Reports;

/// <summary>
/// A layered left-to-right drawing of one cell. A node stands one column right of its furthest input, with its two operations stacked
/// before it; a state that is read further right crosses the columns between in a lane of its own, so that no line runs through a label.
/// </summary>
internal sealed partial class CellLayout
{
    public const double StateRadius = 18;
    public const double OperationWidth = 108;
    public const double OperationHeight = 24;

    private const double OperationPitch = OperationHeight + 8;
    private const double ToNode = 34;
    private const double LaneHeight = 10;
    private const double Spacing = 16;
    private const double PortPitch = 14;
    private const int Passes = 10;

    private readonly IReadOnlyList<GenotypeEdge> _edges;
    private readonly IReadOnlyList<int> _concat;
    private readonly int _output;
    private readonly int[] _column;
    private readonly List<Item>[] _columns;

    public CellLayout(IReadOnlyList<GenotypeEdge> edges, IReadOnlyList<int> concat)
    {
        _edges = edges;
        _concat = concat;
        _output = edges.Count / 2 + 2;
        _column = AssignColumns();
        _columns = BuildItems();
        Order();
        PlaceVertically();
        PlaceHorizontally();
        List<Operation> operations = [];
        List<Wire> wires = [];
        Emit(operations, wires);
        Operations = operations;
        Wires = wires;
        States = [.. _columns.SelectMany(items => items).Where(item => !item.IsLane).OrderBy(item => item.State)
            .Select(item => new State(item.State, item.Right - StateRadius, item.Y,
                item.State == _output ? OutputHeight / 2 : StateRadius))];
    }

    public double Width { get; private set; }

    public double Height { get; private set; }

    /// <summary>The two inputs, the nodes, and last the output.</summary>
    public IReadOnlyList<State> States { get; }

    public IReadOnlyList<Operation> Operations { get; }

    public IReadOnlyList<Wire> Wires { get; }

    private double OutputHeight => Math.Max(2 * StateRadius, PortPitch * (_concat.Count + 1));

    /// <summary>A circle, or for the output an upright box, by its center.</summary>
    public sealed record State(int Index, double X, double Y, double HalfHeight);

    /// <summary>The label of an edge, by its left end's middle.</summary>
    public sealed record Operation(int Edge, double X, double Y);

    /// <summary>A line of state <paramref name="Source"/> that leaves and arrives horizontally.</summary>
    public sealed record Wire(int Source, double X1, double Y1, double X2, double Y2, bool Arrow);

    private int[] AssignColumns()
    {
        int[] column = new int[_output + 1];
        for (int state = 2; state < _output; state++)
            column[state] = 1 + Math.Max(column[_edges[2 * state - 4].Input], column[_edges[2 * state - 3].Input]);
        column[_output] = column.Max() + 1;
        return column;
    }

    private IEnumerable<int> Sources(int state) => state == _output
        ? _concat
        : state < 2 ? [] : [_edges[2 * state - 4].Input, _edges[2 * state - 3].Input];

    private List<Item>[] BuildItems()
    {
        List<Item>[] columns = [.. Enumerable.Range(0, _column[_output] + 1).Select(_ => new List<Item>())];
        for (int state = 0; state <= _output; state++)
        {
            double height = state == _output ? OutputHeight : state < 2 ? 2 * StateRadius : OperationPitch + OperationHeight;
            columns[_column[state]].Add(new Item(state, IsLane: false, height));
            int last = Enumerable.Range(0, _output + 1).Where(sink => Sources(sink).Contains(state)).Select(sink => _column[sink])
                .DefaultIfEmpty(0).Max();
            for (int column = _column[state] + 1; column < last; column++)
                columns[column].Add(new Item(state, IsLane: true, LaneHeight));
        }
        for (int column = 1; column < columns.Length; column++)
        {
            foreach (Item item in columns[column])
            {
                foreach (int source in item.IsLane ? [item.State] : Sources(item.State))
                {
                    Item before = columns[column - 1].Single(candidate => candidate.State == source);
                    item.Before.Add(before);
                    before.After.Add(item);
                }
            }
        }
        return columns;
    }

    /// <summary>Sorts each column by the middle of its sources, then swaps neighbors while that saves crossings.</summary>
    private void Order()
    {
        Number(_columns[0]);
        foreach (List<Item> items in _columns.Skip(1))
        {
            List<Item> sorted = [.. items.OrderBy(item => item.Before.Average(before => before.Rank)).ThenBy(item => item.State)];
            items.Clear();
            items.AddRange(sorted);
            Number(items);
        }
        bool improved = true;
        for (int pass = 0; pass < Passes && improved; pass++)
        {
            improved = false;
            // The inputs keep their order: the earlier cell above.
            foreach (List<Item> items in _columns.Skip(1))
            {
                for (int i = 0; i + 1 < items.Count; i++)
                {
                    (Item upper, Item lower) = (items[i], items[i + 1]);
                    int asIs = Crossings(upper.Before, lower.Before) + Crossings(upper.After, lower.After);
                    int swapped = Crossings(lower.Before, upper.Before) + Crossings(lower.After, upper.After);
                    if (swapped < asIs)
                    {
                        (items[i], items[i + 1]) = (lower, upper);
                        Number(items);
                        improved = true;
                    }
                }
            }
        }
    }

    private static void Number(List<Item> items)
    {
        for (int i = 0; i < items.Count; i++)
            items[i].Rank = i;
    }

    private static int Crossings(List<Item> upper, List<Item> lower) => upper.Sum(u => lower.Count(l => l.Rank < u.Rank));

    private void Emit(List<Operation> operations, List<Wire> wires)
    {
        foreach (Item item in _columns.SelectMany(items => items))
        {
            if (item.IsLane)
            {
                wires.Add(Link(item.Before[0], item.Left, item.Y, arrow: false));
                wires.Add(new Wire(item.State, item.Left, item.Y, item.Right, item.Y, Arrow: false));
                continue;
            }
            // The upper source gets the upper port, so that a node's own lines do not cross.
            int[] ports = [.. Enumerable.Range(0, item.Before.Count).OrderBy(i => item.Before[i].Y)];
            double pitch = item.State == _output ? PortPitch : OperationPitch;
            for (int port = 0; port < ports.Length; port++)
            {
                double y = item.Y + (port - (ports.Length - 1) / 2.0) * pitch;
                wires.Add(Link(item.Before[ports[port]], item.Left, y, arrow: true));
                if (item.State == _output)
                    continue;
                operations.Add(new Operation(2 * item.State - 4 + ports[port], item.Left, y));
                double node = item.Right - 2 * StateRadius;
                wires.Add(new Wire(item.Before[ports[port]].State, item.Left + OperationWidth, y, node, item.Y, Arrow: true));
            }
        }
    }

    private static Wire Link(Item from, double x, double y, bool arrow) => new(from.State, from.Right, from.Y, x, y, arrow);

    private sealed record Item(int State, bool IsLane, double Height)
    {
        public List<Item> Before { get; } = [];

        public List<Item> After { get; } = [];

        public int Rank { get; set; }

        public double Y { get; set; }

        public double Left { get; set; }

        public double Right { get; set; }
    }
}
