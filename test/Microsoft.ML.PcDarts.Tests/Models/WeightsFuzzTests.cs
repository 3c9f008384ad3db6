using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Models;
using Microsoft.ML.PcDarts.Networks.Discovered;
using TorchSharp.PyBridge;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Tests.Models;

/// <summary>Damaged and hostile files of weights, read in every way.</summary>
public sealed class WeightsFuzzTests(ITestOutputHelper output) : IDisposable
{
    private static readonly PcDartsWeightsOptions Options = new()
    {
        Genotype = KnownGenotypes.PcDartsCifar,
        Mean = [0.5f, 0.5f, 0.5f],
        StandardDeviation = [0.25f, 0.25f, 0.25f],
    };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_MutatedSafetensors_IsRefusedOrRead() => Safetensors(Fuzz.Count);

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Read_ManyMutatedSafetensors_AreRefusedOrRead()
    {
        Fuzz.SkipUnlessLong();
        Safetensors(Fuzz.LongCount);
    }

    [Fact]
    public void Read_MutatedPickles_AreRefusedOrRead() => Pickles(Fuzz.Count);

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Read_ManyMutatedPickles_AreRefusedOrRead()
    {
        Fuzz.SkipUnlessLong();
        Pickles(Fuzz.LongCount);
    }

    private void Safetensors(int count)
    {
        string file = _folder.File("w.safetensors");
        SafetensorsFile.Write(file, Tensors(), new Dictionary<string, string>
        {
            ["pcdarts.genotype"] = KnownGenotypes.PcDartsCifar.ToJson(),
            ["pcdarts.mean"] = "[0.5,0.5,0.5]",
            ["pcdarts.std"] = "[0.25,0.25,0.25]",
        });
        byte[] whole = File.ReadAllBytes(file);
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(whole);
        string json = Encoding.UTF8.GetString(whole, 8, header);
        var fuzz = new FuzzRun(output, file);

        fuzz.Run(count, Mutate, ReadAll, typeof(ArgumentException));

        Assert.InRange(fuzz.Accepted, 1, count * 9 / 10);

        byte[] Mutate(Random random) => random.Next(4) switch
        {
            0 => Mutations.Bytes(whole, random),
            1 => [.. whole[..8], .. Encoding.UTF8.GetBytes(json), .. Mutations.Bytes(whole[(8 + header)..], random)],
            _ => WithHeader(Mutations.Json(json, random)),
        };

        byte[] WithHeader(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text), length = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
            return [.. length, .. bytes, .. whole[(8 + header)..]];
        }
    }

    private void Pickles(int count)
    {
        string file = _folder.File("w.pth");
        manual_seed(1);
        using (var network = Network())
            network.save_py(file);
        Dictionary<string, byte[]> entries = Mutations.Unzip(File.ReadAllBytes(file));
        byte[] whole = Mutations.Zip(entries);
        string pickle = entries.Keys.Single(name => name.EndsWith("/data.pkl", StringComparison.Ordinal));
        var fuzz = new FuzzRun(output, file);

        fuzz.Run(count, Mutate, ReadAll, typeof(ArgumentException));

        Assert.InRange(fuzz.Accepted, 1, count * 9 / 10);

        byte[] Mutate(Random random)
        {
            if (random.Next(5) == 0)
                return Mutations.Bytes(whole, random);
            var changed = new Dictionary<string, byte[]>(entries);
            if (random.Next(6) == 0)
            {
                string name = entries.Keys.ElementAt(random.Next(entries.Count));
                changed[name] = Mutations.Bytes(entries[name], random);
            }
            else
            {
                changed[pickle] = random.Next(2) == 0 ? Mutations.Bytes(entries[pickle], random) : Spliced(entries[pickle], random);
            }

            return Mutations.Zip(changed);
        }
    }

    // Instructions that a pickle of tensors has, anywhere.
    private static byte[] Spliced(byte[] pickle, Random random)
    {
        const string instructions =
            "()}]tNRQbsuae.q\u0000r\u0001\0\0\0h\u0001j\u0002\0\0\0\u0085\u0086\u0087\u0088\u0089\u0094"
            + "K\u00ffM\u00ff\u00ffJ\u00ff\u00ff\u00ff\u007f\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f";
        int at = random.Next(pickle.Length), start = random.Next(instructions.Length),
            length = 1 + random.Next(instructions.Length - start);
        byte[] some = Encoding.Latin1.GetBytes(instructions[start..(start + length)]);
        return [.. pickle[..at], .. Enumerable.Repeat(some, 1 + random.Next(random.Next(1, 2000))).SelectMany(bytes => bytes),
            .. pickle[at..]];
    }

    // As LoadPcDartsWeights reads it; every second file also as a supernet and for α and β, which these files do not hold unless damage
    // makes them seem to.
    private static void ReadAll(string file)
    {
        if (new FileInfo(file).Length % 2 == 0)
        {
            Assert.ThrowsAny<InvalidDataException>(() => SupernetWeights.Read(file));
            Assert.ThrowsAny<InvalidDataException>(() => ArchitectureValues.Load(file));
        }

        TensorChecks.CheckNetwork(WeightsFile.Read(file, Options).Weights);
    }

    private static DiscoveredNetwork Network()
        => new(KnownGenotypes.PcDartsCifar, new NetworkShape { InitialChannels = 1, Layers = 1, Classes = 3 }, CPU);

    private static Dictionary<string, TensorData> Tensors()
    {
        manual_seed(1);
        using DiscoveredNetwork network = Network();
        return network.ExportWeights().ToDictionary();
    }
}
