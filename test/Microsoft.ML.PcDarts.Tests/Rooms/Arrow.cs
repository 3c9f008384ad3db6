namespace Microsoft.ML.PcDarts.Tests.Rooms;

/// <summary>A type in one room uses a type in another.</summary>
internal sealed record Arrow(Use Use, string From, string To)
{
    public override string ToString() => $"{Use.From} ({From}) uses {Use.To} ({To})";
}
