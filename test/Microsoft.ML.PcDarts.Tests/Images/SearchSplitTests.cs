using CsCheck;
using Microsoft.ML.PcDarts.Images;

namespace Microsoft.ML.PcDarts.Tests.Images;

public sealed class SearchSplitTests
{
    private static readonly Gen<(long[] Labels, int Seed)> Data =
        Gen.Select(Gen.Long[0, 5].Array[1, 80], Gen.Int);

    [Fact]
    public void Halves_AnyLabels_AreDisjointCompleteAndStratified()
        => Data.Sample(data =>
        {
            (int[] weights, int[] architecture) = Halves(data.Labels, data.Seed);
            Assert.Equal(Enumerable.Range(0, data.Labels.Length), weights.Concat(architecture).Order());
            Assert.InRange(Math.Abs(weights.Length - architecture.Length), 0, 1);
            for (long c = 0; c <= 5; c++)
                Assert.InRange(Math.Abs(weights.Count(row => data.Labels[row] == c) - architecture.Count(row => data.Labels[row] == c)), 0,
                    1);
        });

    [Fact]
    public void Halves_SameSeed_GivesTheSameRows()
    {
        long[] labels = [.. Enumerable.Range(0, 200).Select(i => (long)(i % 3))];
        Assert.Equal(Halves(labels, 7), Halves(labels, 7), SameHalves);
        Assert.NotEqual(Halves(labels, 7).Weights, Halves(labels, 8).Weights);
    }

    [Fact]
    public void Halves_SortedByClass_DoNotFollowTheFileOrder()
    {
        long[] labels = [.. Enumerable.Range(0, 100).Select(i => (long)(i / 50))];
        (int[] weights, _) = Halves(labels, 1);
        Assert.Equal(25, weights.Count(row => row < 50));
        Assert.NotEqual(Enumerable.Range(0, 25), weights.Take(25));
    }

    [Fact]
    public void Fraction_AnyLabels_HoldsOutAShareOfEveryClass()
        => Gen.Select(Data, Gen.Double[0.05, 0.9]).Sample((data, fraction) =>
        {
            (int[] training, int[] validation) = SearchSplit.Fraction(data.Labels, fraction, data.Seed);
            Assert.Equal(Enumerable.Range(0, data.Labels.Length), training.Concat(validation).Order());
            foreach (IGrouping<long, int> members in Enumerable.Range(0, data.Labels.Length).GroupBy(row => data.Labels[row]))
            {
                int size = members.Count();
                int held = members.Count(validation.Contains);
                if (size <= 2)
                    Assert.Equal(0, held);
                else
                    Assert.InRange(held, Math.Min(size - 2, Math.Max(1, (size * fraction) - 1)), Math.Min(size - 2, (size * fraction) + 1));
            }
        });

    [Fact]
    public void Fraction_Zero_HoldsOutNothing()
        => Assert.Empty(SearchSplit.Fraction([0, 0, 1, 1], 0, 1).Validation);

    [Fact]
    public void Subset_AnyCount_IsExactDistinctAndProportional()
        => Gen.Select(Data, Gen.Int[1, 90]).Sample((data, count) =>
        {
            int[] rows = Subset(data.Labels, count, data.Seed);
            Assert.Equal(Math.Min(count, data.Labels.Length), rows.Length);
            Assert.Equal(rows.Distinct().Order(), rows);
            int[] sizes = [.. data.Labels.GroupBy(label => label).Select(group => group.Count())];
            if (count < 2 * sizes.Length)
                return;
            foreach (IGrouping<long, int> members in Enumerable.Range(0, data.Labels.Length).GroupBy(row => data.Labels[row]))
                Assert.True(members.Count(rows.Contains) >= Math.Min(2, members.Count()));
        });

    [Fact]
    public void Subset_LargeClasses_KeepsTheirProportions()
    {
        long[] labels = [.. Enumerable.Repeat(0L, 600), .. Enumerable.Repeat(1L, 300), .. Enumerable.Repeat(2L, 100)];
        int[] rows = Subset(labels, 100, 3);
        Assert.Equal([60, 30, 10], new[] { 0L, 1, 2 }.Select(c => rows.Count(row => labels[row] == c)));
    }

    [Fact]
    public void Halves_OfSomeRows_UsesOnlyThose()
    {
        long[] labels = [0, 0, 1, 1, 0, 1, 0, 1];
        (int[] weights, int[] architecture) = SearchSplit.Halves(labels, [2, 3, 4, 6], 1);
        Assert.Equal([2, 3, 4, 6], weights.Concat(architecture).Order());
    }

    private static (int[] Weights, int[] Architecture) Halves(long[] labels, int seed) => SearchSplit.Halves(labels, AllRows(labels), seed);

    private static int[] Subset(long[] labels, int count, int seed) => SearchSplit.Subset(labels, AllRows(labels), count, seed);

    private static int[] AllRows(long[] labels) => [.. Enumerable.Range(0, labels.Length)];

    private static bool SameHalves((int[] Weights, int[] Architecture) a, (int[] Weights, int[] Architecture) b)
        => a.Weights.SequenceEqual(b.Weights) && a.Architecture.SequenceEqual(b.Architecture);
}
