namespace PcDarts.Samples.Tests;

/// <summary>A new folder that goes away with its content.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("pcdarts-test-").FullName;

    public string this[params string[] parts] => Path.Combine([FullPath, .. parts]);

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
