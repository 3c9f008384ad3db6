using System.Text;

namespace PcDarts.Cli.Rendering;

/// <summary>
/// Passes text on as <see cref="Printable.Lines"/> writes it: for what the parser of the command line prints, which repeats arguments.
/// </summary>
internal sealed class PrintableWriter(TextWriter writer) : TextWriter(writer.FormatProvider)
{
    public override Encoding Encoding => writer.Encoding;

    public override void Write(char value) => writer.Write(Printable.Lines(value.ToString()));

    public override void Write(string? value) => writer.Write(value is null ? null : Printable.Lines(value));

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void WriteLine(string? value)
    {
        Write(value);
        writer.WriteLine();
    }

    public override void Flush() => writer.Flush();
}
