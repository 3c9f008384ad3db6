namespace Microsoft.ML.PcDarts.Tests.Rooms;

/// <summary>
/// Places for the nodes of a graph without circles: each in a layer above all that it points to, in an order with few crossings. An arrow
/// that passes through layers gets a narrow place in each of them.
/// </summary>
internal sealed class RoomLayout
{
    private const int Sweeps = 24;
    private readonly double _width;
    private readonly double _gap;
    private readonly double _narrow;
    private readonly List<List<Node>> _layers = [];
    private readonly List<List<Node>> _routes = [];

    /// <param name="names">The nodes in an order in which every arrow points backwards.</param>
    /// <param name="arrows">The arrows.</param>
    /// <param name="width">Width of a node.</param>
    /// <param name="gap">Least space beside it.</param>
    /// <param name="narrow">Width of the place of a passing arrow.</param>
    public RoomLayout(IReadOnlyList<string> names, IReadOnlyList<(string From, string To)> arrows, double width, double gap, double narrow)
    {
        (_width, _gap, _narrow) = (width, gap, narrow);
        Dictionary<string, int> layers = Layers(names, arrows);
        Nodes = names.ToDictionary(name => name, name => Add(layers[name], isPassing: false));
        foreach ((string from, string to) in arrows)
        {
            List<Node> route = [Nodes[from]];
            for (int layer = layers[from] - 1; layer > layers[to]; layer--)
                route.Add(Add(layer, isPassing: true));
            route.Add(Nodes[to]);
            foreach ((Node upper, Node lower) in route.Zip(route.Skip(1)))
            {
                upper.Below.Add(lower);
                lower.Above.Add(upper);
            }

            _routes.Add(route);
        }

        for (int sweep = 0; sweep < Sweeps; sweep++)
            Sort(down: sweep % 2 == 0);
        Spread();
    }

    public IReadOnlyDictionary<string, Node> Nodes { get; }

    /// <summary>For each arrow the nodes and the passing places from its start to its end.</summary>
    public IReadOnlyList<IReadOnlyList<Node>> Routes => _routes;

    public int LayerCount => _layers.Count;

    /// <summary>The leftmost and the rightmost place, with their widths.</summary>
    public (double Left, double Right) Extent => (
        _layers.Min(layer => layer[0].X - Half(layer[0])),
        _layers.Max(layer => layer[^1].X + Half(layer[^1])));

    // As low as possible, then as high as those above allow, so that arrows are short.
    private static Dictionary<string, int> Layers(IReadOnlyList<string> names, IReadOnlyList<(string From, string To)> arrows)
    {
        Dictionary<string, int> layers = [];
        foreach (string name in names)
            layers[name] = Other(arrow => arrow.From == name, arrow => layers[arrow.To] + 1, 0).Max();
        foreach (string name in names.Reverse())
        {
            if (!arrows.Any(arrow => arrow.From == name))
                layers[name] = Other(arrow => arrow.To == name, arrow => layers[arrow.From] - 1, layers[name]).Min();
        }

        return layers;

        IEnumerable<int> Other(Func<(string From, string To), bool> which, Func<(string From, string To), int> layer, int none)
            => arrows.Where(which).Select(layer).DefaultIfEmpty(none);
    }

    private Node Add(int layer, bool isPassing)
    {
        while (_layers.Count <= layer)
            _layers.Add([]);
        Node node = new(layer, isPassing) { X = _layers[layer].Count };
        _layers[layer].Add(node);
        return node;
    }

    // By the mean place of the neighbors on one side.
    private void Sort(bool down)
    {
        foreach (List<Node> layer in down ? _layers.AsEnumerable().Reverse() : _layers)
        {
            List<Node> sorted = [.. layer.OrderBy(node => Mean(down ? node.Above : node.Below, node.X))];
            layer.Clear();
            layer.AddRange(sorted);
            foreach ((int index, Node node) in layer.Index())
                node.X = index - (layer.Count - 1) / 2.0;
        }
    }

    // Moves each node towards the mean of its neighbors, as far as those beside it leave room.
    private void Spread()
    {
        foreach (List<Node> layer in _layers)
            Separate(layer, [.. layer.Select(node => node.X * (_width + _gap))]);
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            foreach (List<Node> layer in sweep % 2 == 0 ? _layers.AsEnumerable().Reverse() : _layers)
                Separate(layer, [.. layer.Select(node => Mean(node.Above.Concat(node.Below), node.X))]);
        }
    }

    private void Separate(List<Node> layer, double[] wanted)
    {
        double[] left = [.. wanted], right = [.. wanted];
        for (int i = 1; i < layer.Count; i++)
            left[i] = Math.Max(left[i], left[i - 1] + Half(layer[i - 1]) + Half(layer[i]) + _gap);
        for (int i = layer.Count - 2; i >= 0; i--)
            right[i] = Math.Min(right[i], right[i + 1] - Half(layer[i + 1]) - Half(layer[i]) - _gap);
        foreach ((int index, Node node) in layer.Index())
            node.X = (left[index] + right[index]) / 2;
    }

    private static double Mean(IEnumerable<Node> nodes, double none) => nodes.Select(node => node.X).DefaultIfEmpty(none).Average();

    private double Half(Node node) => (node.IsPassing ? _narrow : _width) / 2;

    /// <summary>A place in the layout.</summary>
    /// <param name="layer">Its layer, from 0 at the ground.</param>
    /// <param name="isPassing">Whether an arrow passes here.</param>
    public sealed class Node(int layer, bool isPassing)
    {
        public int Layer => layer;

        public bool IsPassing => isPassing;

        /// <summary>Middle of the place.</summary>
        public double X { get; set; }

        public List<Node> Above { get; } = [];

        public List<Node> Below { get; } = [];
    }
}
