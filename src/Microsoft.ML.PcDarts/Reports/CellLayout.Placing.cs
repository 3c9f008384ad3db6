namespace Microsoft.ML.PcDarts.Reports;

/// <content>The places of columns and of the items in them.</content>
internal sealed partial class CellLayout
{
    /// <summary>Draws every item towards the middle of its neighbors, as far as order and spacing let it.</summary>
    private void PlaceVertically()
    {
        foreach (List<Item> items in _columns)
            Place(items, [.. items.Select(_ => 0.0)]);
        for (int pass = 0; pass < Passes; pass++)
        {
            IEnumerable<List<Item>> direction = pass % 2 == 0 ? _columns : _columns.Reverse();
            foreach (List<Item> items in direction)
            {
                Place(items,
                    [.. items.Select(item => item.Before.Concat(item.After).Select(other => other.Y).DefaultIfEmpty(item.Y).Average())]);
            }
        }
        double top = _columns.Min(items => items.Min(item => item.Y - item.Height / 2));
        foreach (Item item in _columns.SelectMany(items => items))
            item.Y -= top;
        Height = _columns.Max(items => items.Max(item => item.Y + item.Height / 2));
    }

    /// <summary>
    /// The closest places to the wished ones that keep order and spacing: pool-adjacent-violators on the wishes less the stacked heights.
    /// </summary>
    private static void Place(List<Item> items, double[] wishes)
    {
        double[] offsets = new double[items.Count];
        var blocks = new List<(double Sum, int Count)>();
        for (int i = 0; i < items.Count; i++)
        {
            offsets[i] = i == 0 ? 0 : offsets[i - 1] + (items[i - 1].Height + items[i].Height) / 2 + Spacing;
            blocks.Add((wishes[i] - offsets[i], 1));
            while (blocks.Count > 1 && blocks[^2].Sum / blocks[^2].Count >= blocks[^1].Sum / blocks[^1].Count)
            {
                (double sum, int count) = blocks[^1];
                blocks.RemoveAt(blocks.Count - 1);
                blocks[^1] = (blocks[^1].Sum + sum, blocks[^1].Count + count);
            }
        }
        int next = 0;
        foreach ((double sum, int count) in blocks)
        {
            for (int i = 0; i < count; i++, next++)
                items[next].Y = sum / count + offsets[next];
        }
    }

    private void PlaceHorizontally()
    {
        double x = 0;
        for (int column = 0; column < _columns.Length; column++)
        {
            // The further a line climbs between two columns, the more room it gets.
            double climb = _columns[column].SelectMany(item => item.Before.Select(before => Math.Abs(before.Y - item.Y)))
                .DefaultIfEmpty(0).Max();
            double left = column == 0 ? 0 : x + Math.Clamp(40 + climb / 4, 48, 130);
            bool plain = column == 0 || column == _columns.Length - 1;
            x = left + 2 * StateRadius + (plain ? 0 : OperationWidth + ToNode);
            foreach (Item item in _columns[column])
                (item.Left, item.Right) = (left, x);
        }
        Width = x;
    }
}
