namespace Microsoft.ML.PcDarts.Images;

/// <summary>
/// Seeded, stratified choices of rows. Every method treats each class alike, returns ascending row numbers, and gives the same rows for the
/// same labels and seed on every machine.
/// </summary>
/// <remarks>
/// Differs from PC-DARTS: its halves are the first and the second half of the file order, so class-sorted folders would show different
/// classes to the weights and to the architecture.
/// </remarks>
internal static class SearchSplit
{
    /// <summary>Two halves of <paramref name="rows"/>. Class counts, and the totals, differ by at most one between them.</summary>
    /// <param name="labels">0-based classes of the whole data set.</param>
    /// <param name="rows">The rows to divide.</param>
    /// <param name="seed">Same seed, same halves.</param>
    public static (int[] Weights, int[] Architecture) Halves(ReadOnlySpan<long> labels, ReadOnlySpan<int> rows, int seed)
    {
        List<int> weights = [];
        List<int> architecture = [];
        foreach (int[] members in ShuffledClasses(labels, rows, seed))
        {
            // The odd picture of a class goes to the half that is behind, so that the totals stay level too.
            int half = weights.Count > architecture.Count ? members.Length / 2 : (members.Length + 1) / 2;
            weights.AddRange(members[..half]);
            architecture.AddRange(members[half..]);
        }
        return (Sorted(weights), Sorted(architecture));
    }

    /// <summary>Holds out a share of all rows for validation.</summary>
    public static (int[] Training, int[] Validation) Fraction(ReadOnlySpan<long> labels, double fraction, int seed)
        => Fraction(labels, AllRows(labels), fraction, seed);

    /// <summary>
    /// Holds out a share of every class for validation: at least one picture of a class that has three, and never its last two, which the
    /// halves of the search need.
    /// </summary>
    /// <param name="labels">0-based classes of the whole data set.</param>
    /// <param name="rows">The rows to divide.</param>
    /// <param name="fraction">Share held out, in [0, 1); 0 holds out nothing.</param>
    /// <param name="seed">Same seed, same rows.</param>
    public static (int[] Training, int[] Validation) Fraction(ReadOnlySpan<long> labels, ReadOnlySpan<int> rows, double fraction, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fraction);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(fraction, 1);
        List<int> training = [];
        List<int> validation = [];
        foreach (int[] members in ShuffledClasses(labels, rows, seed))
        {
            int held = fraction == 0 || members.Length < 3
                ? 0
                : Math.Clamp((int)Math.Round(members.Length * fraction, MidpointRounding.AwayFromZero), 1, members.Length - 2);
            validation.AddRange(members[..held]);
            training.AddRange(members[held..]);
        }
        return (Sorted(training), Sorted(validation));
    }

    /// <summary>
    /// A smaller set with the classes in proportion (largest remainders), but at least two pictures of a class that has them where
    /// <paramref name="count"/> allows it. All rows when <paramref name="count"/> is not smaller than their number.
    /// </summary>
    /// <param name="labels">0-based classes of the whole data set.</param>
    /// <param name="rows">The rows to choose from.</param>
    /// <param name="count">Rows wanted, at least 1; exactly so many are returned.</param>
    /// <param name="seed">Same seed, same rows.</param>
    public static int[] Subset(ReadOnlySpan<long> labels, ReadOnlySpan<int> rows, int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (count >= rows.Length)
            return Sorted(rows.ToArray());
        int[][] classes = ShuffledClasses(labels, rows, seed);
        int[] quota = Quotas(Array.ConvertAll(classes, members => members.Length), rows.Length, count);
        List<int> chosen = new(count);
        for (int c = 0; c < classes.Length; c++)
            chosen.AddRange(classes[c][..quota[c]]);
        return Sorted(chosen);
    }

    private static int[] Quotas(int[] sizes, int total, int count)
    {
        int smallest = sizes.Length == 0 ? 0 : Math.Min(2, count / sizes.Length);
        int[] quota = new int[sizes.Length];
        for (int c = 0; c < sizes.Length; c++)
            quota[c] = Math.Min(sizes[c], Math.Max(smallest, (int)((long)sizes[c] * count / total)));

        // The minimum may have given out too many, the rounding too few: level with the class that is furthest from its share.
        for (int given = quota.Sum(); given != count; given += Math.Sign(count - given))
        {
            bool add = given < count;
            int best = -1;
            double bestGap = double.NegativeInfinity;
            for (int c = 0; c < sizes.Length; c++)
            {
                double gap = ((double)sizes[c] * count / total) - quota[c];
                bool possible = add ? quota[c] < sizes[c] : quota[c] > Math.Min(smallest, sizes[c]);
                if (possible && (add ? gap : -gap) > bestGap)
                    (best, bestGap) = (c, add ? gap : -gap);
            }
            quota[best] += add ? 1 : -1;
        }
        return quota;
    }

    private static int[][] ShuffledClasses(ReadOnlySpan<long> labels, ReadOnlySpan<int> rows, int seed)
    {
        SortedDictionary<long, List<int>> classes = [];
        foreach (int row in rows)
        {
            if (!classes.TryGetValue(labels[row], out List<int>? members))
                classes.Add(labels[row], members = []);
            members.Add(row);
        }
        return [.. classes.Select(entry => SeededShuffle.Of(entry.Value.ToArray(), seed, (int)entry.Key))];
    }

    private static int[] AllRows(ReadOnlySpan<long> labels) => [.. Enumerable.Range(0, labels.Length)];

    private static int[] Sorted(IEnumerable<int> rows) => [.. rows.Order()];
}
