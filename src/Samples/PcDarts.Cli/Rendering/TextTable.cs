using Spectre.Console;
using Spectre.Console.Rendering;

namespace PcDarts.Cli.Rendering;

/// <summary>A table of plain texts, each on one line as <see cref="Printable"/> writes it.</summary>
internal sealed class TextTable
{
    private readonly Table _table = new Table().RoundedBorder();

    /// <param name="columns">Headings; empty ones for a table without.</param>
    public TextTable(params IEnumerable<string> columns)
    {
        foreach (string column in columns)
            _table.AddColumn(new TableColumn(Cell(column)));
    }

    public IRenderable Content => _table;

    public void Add(params IEnumerable<string> cells) => _table.AddRow(cells.Select(Cell));

    public TextTable WithoutHeadings()
    {
        _table.HideHeaders();
        return this;
    }

    /// <summary>Aligns all columns but the first to the right.</summary>
    public void AlignNumbers()
    {
        foreach (TableColumn column in _table.Columns.Skip(1))
            column.RightAligned();
    }

    private static Text Cell(string text) => new(Printable.Line(text));
}
