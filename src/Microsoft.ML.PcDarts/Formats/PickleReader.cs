using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Microsoft.ML.PcDarts.Formats;

/// <summary>
/// Reads the pickle inside a PyTorch file without running any of it: what a pickle would call is looked up by name by
/// <paramref name="call"/>, which knows a handful of functions and refuses all others. Dictionaries become
/// <see cref="Dictionary{TKey, TValue}"/>, lists and tuples lists, numbers long or double.
/// </summary>
/// <param name="bytes">The pickle, protocol 2 to 5.</param>
/// <param name="find">Gives the object that a module and a name stand for; throws <see cref="InvalidDataException"/> for those it does not
/// know.</param>
/// <param name="call">Calls an object that <paramref name="find"/> gave.</param>
/// <param name="load">Resolves a persistent id.</param>
/// <param name="objects">What the pickle may make; exceeding it is an error.</param>
/// <remarks>
/// The packages that read pickles keep one list of constructors for the whole process, which is neither a white list nor safe beside
/// another user of them.
/// </remarks>
internal sealed class PickleReader(byte[] bytes, Func<string, string, object> find, Func<object?, IReadOnlyList<object?>, object?> call,
    Func<object?, object?> load, ObjectBudget objects)
{
    private static readonly object Mark = new();
    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;

    /// <summary>The object that the pickle describes.</summary>
    /// <exception cref="InvalidDataException">The pickle is torn, or asks for something that is not data.</exception>
    public object? Read()
    {
        try
        {
            while (true)
            {
                byte code = Byte();
                if (code == (byte)'.')
                    return Pop();
                // Each instruction puts at most one object on the stack or into the memo; those that make more are charged where they do.
                objects.Charge(1);
                Step(code);
            }
        }
        catch (Exception damage) when (damage is ArgumentException or InvalidCastException or IndexOutOfRangeException
            or KeyNotFoundException or OverflowException)
        {
            throw new InvalidDataException($"its pickle is damaged at byte {_at}: {damage.Message}", damage);
        }
    }

    private void Step(byte code)
    {
        switch ((char)code)
        {
            case '\x80': // protocol
                if (Byte() is var protocol and (< 2 or > 5))
                    throw new InvalidDataException($"its pickle has protocol {protocol}; 2 to 5 are read");
                break;
            case '\x95': // frame
                Take(8);
                break;
            case '(':
                _stack.Add(Mark);
                break;
            case '}':
                _stack.Add(NewDictionary());
                break;
            case ']' or ')':
                _stack.Add(new List<object?>());
                break;
            case 't': // tuple
                _stack.Add(PopToMark());
                break;
            case '\x85' or '\x86' or '\x87': // tuples of one, two, three
                _stack.Add(PopLast(code - 0x84));
                break;
            case 'N':
                _stack.Add(null);
                break;
            case '\x88' or '\x89':
                _stack.Add(code == 0x88);
                break;
            case 'K':
                _stack.Add((long)Byte());
                break;
            case 'M':
                _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                break;
            case 'J':
                _stack.Add((long)Int32());
                break;
            case '\x8a': // long of up to 255 bytes
                _stack.Add((long)new BigInteger(Take(Byte())));
                break;
            case 'G':
                _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                break;
            case 'X':
                _stack.Add(Text(Int32()));
                break;
            case '\x8c':
                _stack.Add(Text(Byte()));
                break;
            case 'q':
                _memo[Byte()] = _stack[^1];
                break;
            case 'r':
                _memo[Int32()] = _stack[^1];
                break;
            case '\x94': // memoize
                _memo[_memo.Count] = _stack[^1];
                break;
            case 'h':
                _stack.Add(_memo[Byte()]);
                break;
            case 'j':
                _stack.Add(_memo[Int32()]);
                break;
            case 'c':
                _stack.Add(find(Line(), Line()));
                break;
            case '\x93': // module and name from the stack
                List<object?> names = PopLast(2);
                _stack.Add(find(As<string>(names[0]), As<string>(names[1])));
                break;
            case 'Q':
                _stack.Add(load(Pop()));
                break;
            case 'R':
                List<object?> function = PopLast(2);
                _stack.Add(call(function[0], As<List<object?>>(function[1])));
                break;
            case 'b': // the attributes of an object: of an ordered dictionary they are versions of its modules
                Pop();
                break;
            case 's':
                SetItems(PopLast(2));
                break;
            case 'u':
                SetItems(PopToMark());
                break;
            case 'a':
                object? item = Pop();
                As<List<object?>>(_stack[^1]).Add(item);
                break;
            case 'e':
                List<object?> items = PopToMark();
                As<List<object?>>(_stack[^1]).AddRange(items);
                break;
            default:
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                    $"its pickle has the instruction 0x{code:x2}, which a file of weights does not need"));
        }
    }

    private void SetItems(List<object?> pairs)
    {
        Dictionary<object, object?> target = As<Dictionary<object, object?>>(_stack[^1]);
        for (int i = 0; i < pairs.Count; i += 2)
            target[Key(pairs[i])] = pairs[i + 1];
    }

    /// <summary>An empty dictionary as pickles make them; its hashes cannot be chosen by whoever wrote the keys.</summary>
    public static Dictionary<object, object?> NewDictionary() => new(KeyComparer.Instance);

    /// <summary>The key of a dictionary, which must be text or a number.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static object Key(object? key) => key is string or long or double or bool
        ? key
        : throw new InvalidDataException("its pickle has a dictionary with a key that is neither text nor a number; "
            + "state dicts have names");

    private static T As<T>(object? value)
        => value is T wanted ? wanted : throw new InvalidCastException($"a {typeof(T).Name} was expected");

    private object? Pop() => PopLast(1)[0];

    private List<object?> PopLast(int count)
    {
        int start = _stack.Count - count;
        List<object?> popped = _stack.GetRange(start, count);
        _stack.RemoveRange(start, count);
        return popped;
    }

    private List<object?> PopToMark()
    {
        int mark = _stack.LastIndexOf(Mark);
        List<object?> popped = PopLast(_stack.Count - mark - 1);
        _stack.RemoveAt(mark);
        return popped;
    }

    private byte Byte() => Take(1)[0];

    private int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    private string Text(int length) => Encoding.UTF8.GetString(Take(length));

    private string Line()
    {
        int end = Array.IndexOf(bytes, (byte)'\n', _at);
        string line = Encoding.UTF8.GetString(Take(end - _at));
        _at++;
        return line;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> taken = bytes.AsSpan(_at, count);
        _at += count;
        return taken;
    }

    // .NET's own hash of a 64-bit number has 32 bits that are plain to compute, so that keys could be chosen which all fall into one
    // bucket. That of text is seeded.
    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static KeyComparer Instance { get; } = new();

        public new bool Equals(object? x, object? y) => object.Equals(x, y);

        public int GetHashCode(object obj) => obj switch
        {
            long number => HashCode.Combine((int)number, (int)(number >> 32)),
            double number => GetHashCode(BitConverter.DoubleToInt64Bits(number)),
            _ => obj.GetHashCode(),
        };
    }
}
