namespace Microsoft.ML.PcDarts;

/// <summary>One kept edge of a cell: the operation it applies and the state it reads.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Input">The state read: 0 is the output of the cell before the previous one, 1 that of the previous cell, 2 and up are
/// the nodes of this cell.</param>
public readonly record struct GenotypeEdge(Primitive Operation, int Input)
{
    /// <summary>Returns the edge in Python notation, such as <c>('sep_conv_3x3', 1)</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"('{Operation.Name()}', {Input})";
}
