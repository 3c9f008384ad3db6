using System.IO.Compression;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Formats;

/// <summary>
/// Reads the tensors of a file that PyTorch's <c>torch.save</c> wrote (1.6 and newer: a zip), such as a state dict. Nothing in the file is
/// run.
/// </summary>
internal static class TorchFile
{
    private const string StateDict = "state_dict";
    private const int MaximumDimensions = 8, MaximumEntries = 65_535;

    // Half-precision doubles in size, and tied weights share their values; PyTorch itself writes nothing that needs more.
    private const int BytesEachOfTheFile = 4, BytesBeside = 1 << 24;

    /// <summary>
    /// The tensors of the dictionary that the file holds or, of a checkpoint, of its "state_dict"; floating types as float32.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="beside">Names of tensors that are read too where they lie beside the "state_dict".</param>
    /// <exception cref="InvalidDataException">The file is torn, not of this kind, or holds objects that are not data; the message names
    /// it.</exception>
    public static IReadOnlyDictionary<string, TensorData> Read(string path, IReadOnlyCollection<string> beside)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            long limit = BytesEachOfTheFile * file.Length + BytesBeside, left = limit;
            // PyTorch stores without compression; others compress weights a little.
            using ZipArchive zip = ArchiveLimits.Open(file, limit, MaximumEntries);
            ZipArchiveEntry pickle = zip.Entries.FirstOrDefault(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal))
                ?? throw new InvalidDataException("it has no data.pkl; weights are saved with torch.save(model.state_dict(), path), "
                    + "and those of a model.zip are in the weights.safetensors beside it");
            string folder = pickle.FullName[..^"data.pkl".Length];
            if (zip.GetEntry(folder + "byteorder") is { } order && !Bytes(order).AsSpan().SequenceEqual("little"u8))
                throw new InvalidDataException("its numbers are big-endian; little-endian ones are read");
            var objects = new ObjectBudget();
            object? root = new PickleReader(Bytes(pickle), Find, (function, arguments) => Call(function, arguments, objects), LoadStorage,
                objects).Read();
            if (root is not Dictionary<object, object?> dictionary)
                throw new InvalidDataException("it holds no dictionary; weights are saved with torch.save(model.state_dict(), path)");
            if (dictionary.GetValueOrDefault(StateDict) is Dictionary<object, object?> inner)
            {
                foreach (string name in beside.Where(dictionary.ContainsKey))
                    inner.TryAdd(name, dictionary[name]);
                dictionary = inner;
            }

            Dictionary<string, byte[]> storages = [];
            return dictionary.Where(entry => entry is { Key: string, Value: StoredTensor })
                .ToDictionary(entry => (string)entry.Key, entry => ToData((string)entry.Key, (StoredTensor)entry.Value!),
                    StringComparer.Ordinal);

            TensorData ToData(string name, StoredTensor tensor)
            {
                if ((left -= tensor.Bytes) < 0)
                {
                    throw new InvalidDataException($"its tensors need more than {limit} bytes of memory, "
                        + $"the limit for a file of {file.Length}: {BytesEachOfTheFile} for each of its bytes and {BytesBeside} "
                        + "beside. Do many of them share their values? Save copies: torch.save({name: value.clone() for name, "
                        + "value in model.state_dict().items()}, path)");
                }

                Storage storage = tensor.Storage;
                if (!storages.TryGetValue(storage.Key, out byte[]? bytes))
                {
                    ZipArchiveEntry entry = zip.GetEntry($"{folder}data/{storage.Key}")
                        ?? throw new InvalidDataException($"it lacks the values of '{name}'");
                    storages.Add(storage.Key, bytes = Bytes(entry));
                }

                return tensor.ToData(name, bytes);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"'{path}' cannot be read as a file of PyTorch "
                + $"weights: {exception.Message.TrimEnd('.')}.", exception);
        }
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        byte[] bytes = new byte[entry.Length];
        int at = 0;
        ArchiveLimits.Read(entry, piece =>
        {
            piece.CopyTo(bytes.AsSpan(at));
            at += piece.Length;
        });
        if (Crc32.HashToUInt32(bytes) != entry.Crc32)
            throw new InvalidDataException($"its entry {entry.FullName} does not match its checksum");
        return bytes;
    }

    private static object Find(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => Function.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2") => Function.Tensor,
        ("torch._utils", "_rebuild_parameter") => Function.Parameter,
        ("torch", "FloatStorage") => StorageType.Float32,
        ("torch", "DoubleStorage") => StorageType.Float64,
        ("torch", "HalfStorage") => StorageType.Float16,
        ("torch", "BFloat16Storage") => StorageType.BFloat16,
        ("torch", "LongStorage") => StorageType.Int64,
        _ => throw new InvalidDataException($"it holds a {Short(module)}.{Short(name)}, and nothing but tensors is read. "
            + "Save the weights alone: torch.save(model.state_dict(), path)"),
    };

    private static object? Call(object? function, IReadOnlyList<object?> arguments, ObjectBudget objects) => (function, arguments) switch
    {
        (Function.OrderedDict, []) => PickleReader.NewDictionary(),
        (Function.OrderedDict, [List<object?> pairs]) => Ordered(pairs, objects),
        (Function.Tensor, [Storage storage, long offset, List<object?> { Count: <= MaximumDimensions } size,
            List<object?> { Count: <= MaximumDimensions } stride, ..])
            => new StoredTensor(storage, offset, [.. size.Cast<long>()], [.. stride.Cast<long>()]),
        (Function.Tensor, [Storage, long, List<object?> { Count: > MaximumDimensions } size, ..])
            => throw new InvalidDataException($"it holds a tensor of {size.Count} dimensions; at most {MaximumDimensions} are read"),
        (Function.Parameter, [StoredTensor tensor, ..]) => tensor,
        _ => throw new InvalidDataException($"its pickle calls {function} with arguments that PyTorch does not write: "
            + $"({string.Join(", ", arguments.Take(MaximumDimensions).Select(argument => argument?.GetType().Name ?? "None"))})"),
    };

    private static Dictionary<object, object?> Ordered(List<object?> pairs, ObjectBudget objects)
    {
        // A list that the pickle keeps can be copied by each of many calls.
        objects.Charge(pairs.Count);
        Dictionary<object, object?> dictionary = PickleReader.NewDictionary();
        foreach (object? pair in pairs)
        {
            if (pair is not List<object?> { Count: 2 } entry)
                throw new InvalidCastException("a pair was expected");
            dictionary.Add(PickleReader.Key(entry[0]), entry[1]);
        }

        return dictionary;
    }

    private static string Short(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "...");

    private static Storage LoadStorage(object? id) => id is List<object?> and ["storage", StorageType type, string key, ..]
        ? new Storage(key, type)
        : throw new InvalidDataException("its pickle refers to something other than a tensor's values");

    private enum Function
    {
        OrderedDict,
        Tensor,
        Parameter,
    }

    private enum StorageType
    {
        Float32,
        Float64,
        Float16,
        BFloat16,
        Int64,
    }

    private sealed record Storage(string Key, StorageType Type);

    private sealed record StoredTensor(Storage Storage, long Offset, long[] Size, long[] Stride)
    {
        /// <summary>Memory that the values take once they are read: float32, or int64.</summary>
        public long Bytes
            => (long)Int128.Min(long.MaxValue / 2, Count() * (Storage.Type == StorageType.Int64 ? sizeof(long) : sizeof(float)));

        public TensorData ToData(string name, byte[] bytes) => Storage.Type switch
        {
            StorageType.Float32 => new TensorData(Size, Pick<float, float>(name, bytes, value => value)),
            StorageType.Float64 => new TensorData(Size, Pick<double, float>(name, bytes, value => (float)value)),
            StorageType.Float16 => new TensorData(Size, Pick<Half, float>(name, bytes, value => (float)value)),
            StorageType.BFloat16 => new TensorData(Size,
                Pick<ushort, float>(name, bytes, value => BitConverter.Int32BitsToSingle(value << 16))),
            _ => new TensorData(Size, Pick<long, long>(name, bytes, value => value)),
        };

        // Bounded at each step, so that the product cannot overflow; sizes are checked when the values are read.
        private Int128 Count() => Size.Aggregate((Int128)1, (count, size) => count > Array.MaxLength ? count : count * Math.Max(0, size));

        private TTo[] Pick<TFrom, TTo>(string name, byte[] bytes, Func<TFrom, TTo> convert)
            where TFrom : unmanaged
        {
            ReadOnlySpan<TFrom> values = MemoryMarshal.Cast<byte, TFrom>(bytes);
            Int128 count = 1, last = Offset;
            foreach ((long size, long stride) in Size.Zip(Stride))
            {
                count *= size;
                last += (Int128)Math.Max(0, size - 1) * stride;
                if (size < 0 || stride < 0 || count > Array.MaxLength)
                    break;
            }

            if (Size.Length != Stride.Length || Size.Any(size => size < 0) || Stride.Any(stride => stride < 0) || Offset < 0
                || count > values.Length || (count > 0 && last >= values.Length))
                throw new InvalidDataException($"'{name}' of shape [{string.Join(", ", Size)}] reaches beyond its {values.Length} stored "
                    + "values");
            TTo[] result = new TTo[(int)count];
            long[] index = new long[Size.Length];
            for (int i = 0; i < result.Length; i++)
            {
                long from = Offset;
                for (int d = 0; d < index.Length; d++)
                    from += index[d] * Stride[d];
                result[i] = convert(values[(int)from]);
                for (int d = index.Length - 1; d >= 0 && ++index[d] == Size[d]; d--)
                    index[d] = 0;
            }

            return result;
        }
    }
}
