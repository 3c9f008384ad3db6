namespace Microsoft.ML.PcDarts.Torch;

/// <summary>Work of a device that was recorded and can be repeated.</summary>
internal interface IRecordedWork : IDisposable
{
    /// <summary>Repeats it after all that the device was given before.</summary>
    public void Launch();
}
