using System.Globalization;
using System.Net;
using System.Text;

namespace Microsoft.ML.PcDarts.Reports;

/// <summary>Builds HTML from interpolated strings, whose holes are encoded unless they are <see cref="Html"/> already.</summary>
internal sealed class Html : ICustomFormatter, IFormatProvider
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds a line of markup, given in one or several parts; the values in its holes are data.</summary>
    public Html Add(params FormattableString[] markup)
    {
        foreach (FormattableString part in markup)
            _text.Append(part.ToString(this));
        _text.Append('\n');
        return this;
    }

    /// <summary>Adds text that is markup as a whole, such as a drawing.</summary>
    public Html AddRaw(string markup)
    {
        _text.Append(markup).Append('\n');
        return this;
    }

    public override string ToString() => _text.ToString();

    object? IFormatProvider.GetFormat(Type? formatType) => formatType == typeof(ICustomFormatter) ? this : null;

    string ICustomFormatter.Format(string? format, object? arg, IFormatProvider? formatProvider) => arg switch
    {
        null => "",
        Html markup => markup.ToString(),
        IFormattable number => WebUtility.HtmlEncode(number.ToString(format, CultureInfo.InvariantCulture)),
        _ => WebUtility.HtmlEncode(arg.ToString()) ?? "",
    };
}
