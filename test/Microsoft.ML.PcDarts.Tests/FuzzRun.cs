using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>Reads many mutations of a file: only documented exceptions, and memory in proportion to the file.</summary>
/// <param name="output">Is told the counts.</param>
/// <param name="file">Where the mutations are written.</param>
internal sealed class FuzzRun(ITestOutputHelper output, string file)
{
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private (long Bytes, int Round) _largest;
    private (TimeSpan Time, int Round) _slowest;

    /// <summary>Bytes that may be allocated whatever the size of the file.</summary>
    public long BytesBeside { get; init; } = 32 << 20;

    /// <summary>Bytes that may be allocated for each byte of the file.</summary>
    public int BytesEach { get; init; } = 64;

    /// <summary>Mutations that were read.</summary>
    public int Accepted => _outcomes.GetValueOrDefault("accepted");

    /// <summary>Makes and reads mutations, each from a seed of its own.</summary>
    /// <param name="count">How many.</param>
    /// <param name="mutate">Makes the bytes.</param>
    /// <param name="read">Reads the file.</param>
    /// <param name="documented">Exceptions that it may throw besides <see cref="InvalidDataException"/>.</param>
    public void Run(int count, Func<Random, byte[]> mutate, Action<string> read, params Type[] documented)
    {
        for (int round = 0; round < count; round++)
        {
            byte[] bytes = mutate(new Random(round));
            File.WriteAllBytes(file, bytes);
            long before = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
            string outcome = "accepted";
            try
            {
                read(file);
            }
            catch (Exception refusal) when (refusal is InvalidDataException || documented.Contains(refusal.GetType()))
            {
                outcome = refusal.GetType().Name;
                Assert.True(refusal is not InvalidDataException || refusal.Message.Contains(file, StringComparison.Ordinal),
                    $"Mutation {round}: the message lacks the file: {refusal.Message}");
                Assert.True(refusal.Message.Length < 20_000, $"Mutation {round}: a message of {refusal.Message.Length} characters");
            }
            catch (Exception undocumented)
            {
                Assert.Fail($"Mutation {round}: {undocumented}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan time = Stopwatch.GetElapsedTime(started);
            _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
            if (allocated > _largest.Bytes)
                _largest = (allocated, round);
            if (time > _slowest.Time)
                _slowest = (time, round);
            Assert.True(allocated <= BytesBeside + (long)BytesEach * bytes.Length,
                $"Mutation {round}: {allocated} bytes were allocated for a file of {bytes.Length}.");
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} mutations: {string.Join(", ", _outcomes.Select(pair => $"{pair.Value} {pair.Key}"))}; "
                + $"most memory {_largest.Bytes / 1e6:F1} MB "
            + $"(mutation {_largest.Round}), slowest {_slowest.Time.TotalMilliseconds:F0} ms (mutation {_slowest.Round})"));
    }
}
