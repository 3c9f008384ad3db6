using Google.Protobuf;
using Microsoft.ML.PcDarts.Models.Onnx;
using Microsoft.ML.PcDarts.Tests.Scoring;
using Xunit.Abstractions;

namespace Microsoft.ML.PcDarts.Tests.Models;

/// <summary>Damaged and hostile models, loaded as a program that predicts does.</summary>
public sealed class ModelFuzzTests : IDisposable
{
    private readonly ITestOutputHelper _output;
    private readonly SavedPipeline _saved = new(pictures: 3);

    public ModelFuzzTests(ITestOutputHelper output) => _output = output;

    public void Dispose() => _saved.Dispose();

    [Fact]
    public void Load_MutatedOnnx_IsRefusedOrScores() => OnnxFiles(Fuzz.Count);

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Load_ManyMutatedOnnx_AreRefusedOrScore()
    {
        Fuzz.SkipUnlessLong();
        OnnxFiles(Fuzz.LongCount);
    }

    [Fact]
    public void Load_MutatedZip_IsRefusedOrScores() => Zips(Fuzz.Count);

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Load_ManyMutatedZips_AreRefusedOrScore()
    {
        Fuzz.SkipUnlessLong();
        Zips(Fuzz.LongCount);
    }

    private void OnnxFiles(int count)
    {
        string file = _saved.File("mutated.onnx");
        _saved.Transformer.SaveOnnx(file);
        byte[] whole = File.ReadAllBytes(file);
        var fuzz = new FuzzRun(_output, file);

        fuzz.Run(count, random => Mutated(whole, random), Load);

        Assert.InRange(fuzz.Accepted, count / 20, count * 9 / 10);
    }

    private void Zips(int count)
    {
        byte[] whole = File.ReadAllBytes(_saved.Zip);
        Dictionary<string, byte[]> entries = Mutations.Unzip(whole);
        string[] names = [.. entries.Keys];
        string network = names.Single(name => name.EndsWith("OnnxModel", StringComparison.Ordinal));
        var fuzz = new FuzzRun(_output, _saved.File("mutated.zip"));

        fuzz.Run(count, Mutate, Load);

        Assert.InRange(fuzz.Accepted, count / 20, count * 9 / 10);

        byte[] Mutate(Random random)
        {
            if (random.Next(5) == 0)
                return Mutations.Bytes(whole, random);
            var changed = new Dictionary<string, byte[]>(entries);
            string name = random.Next(4) == 0 ? network : names[random.Next(names.Length)];
            switch (random.Next(8))
            {
                case 0:
                    changed.Remove(name);
                    break;
                case 1:
                    changed[name] = entries[names[random.Next(names.Length)]];
                    break;
                case 2 when name == network:
                    byte[] model = Mutated(entries[network][sizeof(int)..], random);
                    changed[name] = [.. BitConverter.GetBytes(model.Length), .. model];
                    break;
                default:
                    changed[name] = Mutations.Bytes(entries[name], random);
                    break;
            }

            return Mutations.Zip(changed);
        }
    }

    private byte[] Mutated(byte[] onnx, Random random)
    {
        if (random.Next(3) == 0)
            return Mutations.Bytes(onnx, random);
        ModelProto model = ModelProto.Parser.ParseFrom(onnx);
        if (random.Next(2) == 0)
        {
            StringStringEntryProto entry = model.MetadataProps[random.Next(model.MetadataProps.Count)];
            entry.Value = Mutations.Json(entry.Value, random);
            return model.ToByteArray();
        }

        GraphProto graph = model.Graph;
        NodeProto node = graph.Node[random.Next(graph.Node.Count)];
        TensorProto tensor = graph.Initializer[random.Next(graph.Initializer.Count)];
        switch (random.Next(6))
        {
            case 0:
                node.OpType = graph.Node[random.Next(graph.Node.Count)].OpType;
                break;
            case 1 when node.Input.Count > 0:
                node.Input[random.Next(node.Input.Count)] = graph.Node[random.Next(graph.Node.Count)].Output[0];
                break;
            case 2 when tensor.Dims.Count > 0:
                tensor.Dims[random.Next(tensor.Dims.Count)] = random.Next(3) switch { 0 => 0, 1 => -1, _ => 1L << random.Next(63) };
                break;
            case 3 when node.Attribute.Count > 0 && node.Attribute[random.Next(node.Attribute.Count)] is { Ints.Count: > 0 } attribute:
                attribute.Ints[random.Next(attribute.Ints.Count)] = random.Next(-2, 300);
                break;
            case 4:
                tensor.RawData = ByteString.CopyFrom(Mutations.Bytes(tensor.RawData.ToByteArray(), random));
                break;
            default:
                graph.Input[0].Type.TensorType.Shape.Dim[random.Next(1, 4)].DimValue = 1L << random.Next(63);
                break;
        }

        return model.ToByteArray();
    }

    private void Load(string path)
    {
        using var predictor = PcDartsPredictor.Load(path, new() { Threads = 1, BatchSize = 1 });
        Assert.Equal(1, predictor.Predict(_saved.Files)[0].Probabilities.Sum(), 1e-3);
    }
}
