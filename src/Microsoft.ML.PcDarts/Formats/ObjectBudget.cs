namespace Microsoft.ML.PcDarts.Formats;

/// <summary>
/// Counts what a pickle makes: an instruction of one byte makes an object of up to a hundred, and a call may copy a list of any length.
/// </summary>
internal sealed class ObjectBudget
{
    /// <summary>Most objects: 2,000,000. The checkpoint of a network of 10,000 tensors has some 300,000.</summary>
    public const int Maximum = 2_000_000;

    private long _left = Maximum;

    /// <summary>Counts objects.</summary>
    /// <exception cref="InvalidDataException">There are too many.</exception>
    public void Charge(long objects)
    {
        if ((_left -= objects) < 0)
            throw new InvalidDataException($"its pickle makes more than {Maximum} objects; save the weights alone: "
                + "torch.save(model.state_dict(), path)");
    }
}
