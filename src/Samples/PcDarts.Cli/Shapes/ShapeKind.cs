namespace PcDarts.Cli.Shapes;

/// <summary>The classes of the demo's data set; the lower-case name is the folder and the label.</summary>
internal enum ShapeKind
{
    Circle,
    Cross,
    Ring,
    Square,
    Star,
    Triangle,
}
