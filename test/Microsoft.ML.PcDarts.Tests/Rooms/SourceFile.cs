using System.Text.RegularExpressions;

namespace Microsoft.ML.PcDarts.Tests.Rooms;

/// <summary>A source file of the library: its room, its namespace and its types.</summary>
internal sealed partial class SourceFile
{
    private SourceFile(string path, string text)
    {
        Path = path;
        string folder = System.IO.Path.GetDirectoryName(path)!.Replace('\\', '/');
        Room = folder.Length == 0 ? Rooms.Room.Root : folder.Replace('/', '.');
        Code = Comment().Replace(text, "");
        Namespace = NamespaceLine().Match(text).Groups[1].Value;
        Types = [.. TypeLine().Matches(text).Select(type => $"{Namespace}.{type.Groups[2].Value}")];
        IsPublic = TypeLine().Matches(text).Any(type => type.Groups[1].Value.StartsWith("public", StringComparison.Ordinal));
    }

    /// <summary>Path below the library's folder, with slashes.</summary>
    public string Path { get; }

    public string Room { get; }

    /// <summary>The text without its comments.</summary>
    public string Code { get; }

    public string Namespace { get; }

    /// <summary>Full names of the types that the file declares.</summary>
    public IReadOnlyList<string> Types { get; }

    /// <summary>Whether one of them is public.</summary>
    public bool IsPublic { get; }

    /// <summary>Rooms that the using directives name.</summary>
    public IEnumerable<string> Usings => UsingLine().Matches(Code).Select(match => match.Groups[1].Value);

    /// <summary>All source files below a folder, without what a build leaves.</summary>
    public static IEnumerable<SourceFile> In(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Select(file => (File: file, Path: System.IO.Path.GetRelativePath(folder, file).Replace('\\', '/')))
        .Where(entry => entry.Path.Split('/')[0] is not ("bin" or "obj"))
        .OrderBy(entry => entry.Path, StringComparer.Ordinal)
        .Select(entry => new SourceFile(entry.Path, File.ReadAllText(entry.File)));

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    // Namespaces are file-scoped, so types begin their lines. The name of a delegate follows its result.
    [GeneratedRegex(
        @"^((?:public|internal|file) (?:\w+ )*)(?:class|struct|record|interface|enum|delegate [\w<>\[\], ?.]+) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^using (?:static |\w+ = )?Microsoft\.ML\.PcDarts\.([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex UsingLine();
}
