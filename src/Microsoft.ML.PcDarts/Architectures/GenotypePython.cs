using System.Globalization;

namespace Microsoft.ML.PcDarts.Architectures;

/// <summary>Reads and writes the reference code's <c>Genotype(normal=[…], …)</c>.</summary>
internal static class GenotypePython
{
    public static string Write(Genotype genotype) =>
        $"Genotype(normal={Edges(genotype.Normal)}, normal_concat={Concat(genotype.NormalConcat)}, "
        + $"reduce={Edges(genotype.Reduce)}, reduce_concat={Concat(genotype.ReduceConcat)})";

    public static Genotype Read(string text)
    {
        Genotype.CheckText(text);
        return new Reader(text).ReadGenotype();
    }

    private static string Edges(IReadOnlyList<GenotypeEdge> edges) => $"[{string.Join(", ", edges)}]";

    private static string Concat(IReadOnlyList<int> states) => states.SequenceEqual(Enumerable.Range(states[0], states.Count))
        ? $"range({states[0]}, {states[0] + states.Count})"
        : $"[{string.Join(", ", states)}]";

    private sealed class Reader(string text)
    {
        private static readonly string[] Members = ["normal", "normal_concat", "reduce", "reduce_concat"];

        private int _position;

        public Genotype ReadGenotype()
        {
            string word = Word();
            if (Take('='))
                word = Word();
            if (word != "Genotype")
                throw Wrong(_position - word.Length, $"'{word}' stands where 'Genotype(' must");
            Expect('(');
            var edges = new Dictionary<string, List<GenotypeEdge>>(StringComparer.Ordinal);
            var concats = new Dictionary<string, List<int>>(StringComparer.Ordinal);
            do
            {
                if (Peek() == ')')
                    break;
                string name = Word();
                if (!Members.Contains(name))
                    throw Wrong(_position - name.Length, $"member '{name}' is unknown; allowed are {string.Join(", ", Members)}");
                if (edges.ContainsKey(name) || concats.ContainsKey(name))
                    throw Wrong(_position - name.Length, $"member '{name}' appears twice; each may appear once");
                Expect('=');
                if (name.EndsWith("_concat", StringComparison.Ordinal))
                    concats.Add(name, ReadConcat(name));
                else
                    edges.Add(name, List(() => ReadEdge(name)));
            }
            while (Take(','));
            Expect(')');
            if (Peek() != '\0')
                throw Wrong(_position, $"'{Rest()}' follows the genotype; nothing may");
            foreach (string name in Members)
            {
                if (!edges.ContainsKey(name) && !concats.ContainsKey(name))
                    throw new GenotypeFormatException($"Member '{name}' is missing; needed are {string.Join(", ", Members)}.");
            }
            return new Genotype(edges["normal"], concats["normal_concat"], edges["reduce"], concats["reduce_concat"]);
        }

        private List<T> List<T>(Func<T> item)
        {
            Expect('[');
            var items = new List<T>();
            do
            {
                if (Peek() == ']')
                    break;
                items.Add(item());
            }
            while (Take(','));
            Expect(']');
            return items;
        }

        private GenotypeEdge ReadEdge(string cell)
        {
            Expect('(');
            char quote = Peek();
            if (quote is not ('\'' or '"'))
                throw Wrong(_position, "an operation in quotes must stand here");
            int start = ++_position;
            int end = text.IndexOf(quote, start);
            if (end < 0)
                throw Wrong(start - 1, "the quotes are not closed");
            _position = end + 1;
            Primitive operation = GenotypeJson.ParseOperation(text[start..end], $"{cell} at character {start}");
            Expect(',');
            int input = Integer();
            Take(',');
            Expect(')');
            return new GenotypeEdge(operation, input);
        }

        private List<int> ReadConcat(string name)
        {
            if (Peek() == '[')
                return List(Integer);
            int start = _position;
            if (Word() != "range")
                throw Wrong(start, $"{name} must be range(first, end) or a list of whole numbers");
            Expect('(');
            int first = Integer();
            Expect(',');
            int end = Integer();
            Take(',');
            Expect(')');
            // Checked before it is expanded: range(2, 2000000000) must not fill the memory.
            if (end - (long)first > text.Length)
                throw Wrong(start, $"{name} range({first}, {end}) names more states than the cells have nodes");
            return [.. Enumerable.Range(first, Math.Max(0, end - first))];
        }

        private int Integer()
        {
            Skip();
            int start = _position;
            if (_position < text.Length && text[_position] == '-')
                _position++;
            while (_position < text.Length && char.IsAsciiDigit(text[_position]))
                _position++;
            return int.TryParse(
                text.AsSpan(start, _position - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                ? value
                : throw Wrong(start, "a whole number must stand here");
        }

        private string Word()
        {
            Skip();
            int start = _position;
            while (_position < text.Length && (char.IsAsciiLetterOrDigit(text[_position]) || text[_position] is '_' or '.'))
                _position++;
            return _position > start ? text[start.._position] : throw Wrong(start, "a name must stand here");
        }

        private bool Take(char expected)
        {
            bool found = Peek() == expected;
            if (found)
                _position++;
            return found;
        }

        private void Expect(char expected)
        {
            if (!Take(expected))
                throw Wrong(_position, $"'{expected}' must stand here");
        }

        private char Peek()
        {
            Skip();
            return _position < text.Length ? text[_position] : '\0';
        }

        private void Skip()
        {
            while (_position < text.Length && (char.IsWhiteSpace(text[_position]) || text[_position] == '#'))
                _position = text[_position] != '#' ? _position + 1 : text.IndexOf('\n', _position) is >= 0 and int end ? end : text.Length;
        }

        private string Rest()
            => text.Length - _position <= 40 ? text[_position..].TrimEnd() : string.Concat(text.AsSpan(_position, 37), "...");

        private GenotypeFormatException Wrong(int position, string what)
        {
            _position = position;
            string found = position < text.Length ? $"found '{Rest()}'" : "found the end of the text";
            return new GenotypeFormatException($"Genotype in Python notation, character {position}: {what}; {found}.");
        }
    }
}
