using Microsoft.ML.PcDarts.Formats;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>
/// Values computed with the paper's code: those copied to the output, or the folder that the environment variable PCDARTS_GOLDEN names.
/// A relative path counts from the current directory or, if it is missing there, from the repository root.
/// </summary>
internal static class Golden
{
    public const string Variable = "PCDARTS_GOLDEN";

    public static string Folder => FindFolder(Environment.GetEnvironmentVariable(Variable));

    public static string File(string name)
    {
        string path = Path.Combine(Folder, name);
        return System.IO.File.Exists(path) ? path : throw new FileNotFoundException($"The folder of golden values lacks {path}.", path);
    }

    public static SafetensorsFile Read(string name) => SafetensorsFile.Read(File(name));

    /// <summary>‖actual − expected‖ / ‖expected‖.</summary>
    public static double RelativeError(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }
        return difference == 0 ? 0 : Math.Sqrt(difference / norm);
    }

    public static string FindFolder(string? setting)
    {
        if (string.IsNullOrEmpty(setting))
            return Path.Combine(AppContext.BaseDirectory, "TestData", "golden");
        string[] candidates = RepositoryRoot() is { } root
            ? [Path.GetFullPath(setting), Path.GetFullPath(setting, root)]
            : [Path.GetFullPath(setting)];
        return candidates.FirstOrDefault(Directory.Exists) ?? throw new DirectoryNotFoundException(
            $"{Variable} is '{setting}', which names no folder (tried {string.Join(" and ", candidates.Distinct())}).");
    }

    public static string? RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "PcDarts.sln")))
                return folder.FullName;
        }
        return null;
    }
}
