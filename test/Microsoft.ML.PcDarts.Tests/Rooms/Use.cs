namespace Microsoft.ML.PcDarts.Tests.Rooms;

/// <summary>A type uses another one; both are full names, and nested types count as the outermost one.</summary>
internal sealed record Use(string From, string To);
