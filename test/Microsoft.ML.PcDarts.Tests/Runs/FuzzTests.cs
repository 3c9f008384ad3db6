using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Tests.Reports;

namespace Microsoft.ML.PcDarts.Tests.Runs;

/// <summary>
/// Files of a workspace with flipped bits, cuts, insertions and exchanged or altered JSON values, also under a hash that fits: only
/// documented exceptions, which name the file.
/// </summary>
public sealed class FuzzTests : IDisposable
{
    private const string Tensors = "000001.safetensors", State = "000001.json";
    private readonly ReportFolder _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData(Workspace.RunFile)]
    [InlineData(Workspace.MetricsFile)]
    [InlineData(RunResult.FileName)]
    [InlineData(RunPredictions.FileName)]
    [InlineData(State)]
    [InlineData(Tensors)]
    public void Read_Mutated_ThrowsDocumentedExceptionsOnly(string file) => Mutate(file, Fuzz.Count, seed: 1);

    [SkippableTheory, Trait("Category", "Long")]
    [InlineData(Workspace.RunFile)]
    [InlineData(Workspace.MetricsFile)]
    [InlineData(RunResult.FileName)]
    [InlineData(RunPredictions.FileName)]
    [InlineData(State)]
    [InlineData(Tensors)]
    public void Read_MutatedOften_ThrowsDocumentedExceptionsOnly(string file)
    {
        Fuzz.SkipUnlessLong();
        Mutate(file, Fuzz.LongCount, seed: 2);
    }

    private void Mutate(string name, int count, int seed)
    {
        WriteRun();
        string file = name is State or Tensors ? Path.Combine(_run.Path, Workspace.CheckpointsFolder, name) : _run.PathOf(name);
        byte[] whole = File.ReadAllBytes(file);
        var random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < count; round++)
        {
            byte[] mutated = random.Next(2) == 0 ? Bytes(whole, random) : Values(whole, random, name);
            File.WriteAllBytes(file, mutated);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Read(name, report: round % (name == Workspace.MetricsFile ? 4 : 20) == 0);
            }
            catch (InvalidDataException error)
            {
                Assert.Contains(name is State or Tensors ? Path.GetDirectoryName(file)! : file, error.Message, StringComparison.Ordinal);
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"Round {round} of {name}: {error}\n{Encoding.UTF8.GetString(mutated)}");
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000_000);
        }

        if (name != Workspace.MetricsFile)
            Assert.InRange(refused, count / 4, count);
    }

    private void Read(string name, bool report)
    {
        PcDartsRun run = PcDartsRun.Open(_run.Path);
        if (name is State or Tensors)
            CheckpointFolder.Of(_run.Path, run.Description).Newest(_ => { });
        if (report)
            PcDartsReport.Write(_run.Path);
    }

    /// <summary>A finished run with predictions and a checkpoint.</summary>
    private void WriteRun()
    {
        _run.AddSearchEpoch(1);
        _run.AddSearchEpoch(2);
        _run.AddCandidate(1, KnownGenotypes.PcDartsCifar, 2);
        _run.AddTrainingEpoch(6);
        _run.AddResult(["a", "b", "c"]);
        new RunPredictions("w", [new("/1.png", "a", "b", 0.9f), new("/2.png", "c", "c", 0.8f)]).Write(_run.Path);
        PcDartsRun run = PcDartsRun.Open(_run.Path);
        CheckpointFolder.Of(_run.Path, run.Description).Write(new Checkpoint(
            new RunState
            {
                Progress = new FinalProgress { Plan = new PhasePlan(6, 4, 8), Costs = [new SizeCost(8, 8, 0.5)] },
                Elapsed = TimeSpan.FromSeconds(5),
                Epochs = run.Epochs, MetricsBytes = 100, Found = new SearchResult(KnownGenotypes.PcDartsCifar, TimeSpan.FromSeconds(1), 10),
                Shape = run.Shape,
            },
            new Dictionary<string, TensorData> { ["weights"] = new([2, 2], [1f, 2, 3, 4]), ["steps"] = new([1], [5L]) }));
    }

    private static byte[] Bytes(byte[] whole, Random random)
    {
        int at = random.Next(whole.Length);
        switch (random.Next(3))
        {
            case 0:
                byte[] flipped = [.. whole];
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                return whole[..at];
            default:
                byte[] inserted = new byte[random.Next(1, 9)];
                random.NextBytes(inserted);
                return [.. whole[..at], .. inserted, .. whole[at..]];
        }
    }

    /// <summary>One value of the JSON exchanged for another, and the hash made to fit, so that what stands behind it is reached.</summary>
    private static byte[] Values(byte[] whole, Random random, string name)
    {
        if (name == Tensors)
            return Bytes(whole, random);
        if (name == Workspace.MetricsFile)
        {
            string[] lines = Encoding.UTF8.GetString(whole).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            int line = random.Next(lines.Length);
            JsonObject one = JsonNode.Parse(lines[line])!.AsObject();
            Exchange(one, random);
            lines[line] = one.ToJsonString();
            return Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");
        }

        JsonObject members = JsonNode.Parse(whole)!.AsObject();
        if (name == State)
        {
            JsonObject state = members["state"]!.AsObject();
            Exchange(state, random);
            string text = JsonSerializer.Serialize(state, JsonFormat.Compact);
            members["stateSha256"] = Convert.ToHexStringLower(
                System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes((string)members["runSha256"]! + text)));
            return Encoding.UTF8.GetBytes(members.ToJsonString(JsonFormat.Compact));
        }

        members.Remove("sha256");
        Exchange(members, random);
        members["sha256"] = Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(members.ToJsonString(JsonFormat.Compact))));
        return Encoding.UTF8.GetBytes(members.ToJsonString(JsonFormat.Indented));
    }

    private static void Exchange(JsonObject root, Random random)
    {
        List<(JsonNode Parent, object Key)> places = [];
        Collect(root);
        (JsonNode parent, object key) = places[random.Next(places.Count)];
        JsonNode? value = random.Next(12) switch
        {
            0 => null,
            1 => JsonValue.Create(-1),
            2 => JsonValue.Create(int.MaxValue),
            3 => JsonNode.Parse("1e308"),
            4 => JsonNode.Parse("1e999"),
            5 => JsonValue.Create("NaN"),
            6 => JsonValue.Create("text"),
            7 => new JsonArray(),
            8 => new JsonArray(null, null),
            9 => new JsonObject(),
            10 => JsonValue.Create("10675199.02:48:05.4775807"),
            _ => places[random.Next(places.Count)] is var (other, name)
                ? (name is string member ? other[member] : other[(int)name])?.DeepClone()
                : null,
        };
        if (key is string name1)
        {
            if (random.Next(8) == 0)
                parent.AsObject().Remove(name1);
            else
                parent[name1] = value;
        }
        else
        {
            parent[(int)key] = value;
        }

        void Collect(JsonNode node)
        {
            IEnumerable<(object Key, JsonNode? Child)> children = node switch
            {
                JsonObject members => members.Select(member => ((object)member.Key, member.Value)),
                JsonArray items => items.Take(4).Select((item, index) => ((object)index, item)),
                _ => [],
            };
            foreach ((object key, JsonNode? child) in children)
            {
                places.Add((node, key));
                if (child is not null)
                    Collect(child);
            }
        }
    }
}
