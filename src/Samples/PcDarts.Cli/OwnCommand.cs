using System.Reflection;
using System.Text.RegularExpressions;

namespace PcDarts.Cli;

/// <summary>Commands of this repository as they can be pasted into the shell that runs this one, in its current folder.</summary>
internal static partial class OwnCommand
{
    private const string ServerProject = "PcDarts.Web";

    /// <summary>Folders between a program and its project: bin, the configuration, the framework, the platform.</summary>
    private const int MostFoldersToProject = 4;

    /// <summary>
    /// A command of this program, such as <c>dotnet run -c Release --project src/Samples/PcDarts.Cli -- resume pcdarts-out</c>.
    /// </summary>
    public static string Of(params IEnumerable<string> arguments) => Join([.. Program(), .. arguments]);

    /// <summary>A command of the HTTP server; null where its project is not beside that of this program.</summary>
    public static string? OfServer(params IEnumerable<string> arguments)
    {
        if (Project() is not { } own)
            return null;
        string server = Path.Combine(Path.GetDirectoryName(own.Folder)!, ServerProject);
        return Directory.Exists(server) ? Join([.. Run(server, own.Configuration), .. arguments]) : null;
    }

    /// <summary>A path as short as it can be written in the current folder.</summary>
    public static string ShortPath(string path)
    {
        string full = Path.GetFullPath(path), relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), full);
        return relative.StartsWith("..", StringComparison.Ordinal) ? full : relative;
    }

    private static IEnumerable<string> Program()
    {
        if (Project() is { } project)
            return Run(project.Folder, project.Configuration);
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        // Under `dotnet PcDarts.Cli.dll` the program is dotnet itself.
        return IsDotnet(program)
            ? ["dotnet", ShortPath(Path.Combine(AppContext.BaseDirectory, Assembly.GetEntryAssembly()!.GetName().Name + ".dll"))]
            : [Runnable(ShortPath(program))];
    }

    /// <summary>Whether a program is .NET's own, which runs others.</summary>
    public static bool IsDotnet(string program)
        => Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Run(string project, string configuration)
        => ["dotnet", "run", "-c", configuration, "--project", ShortPath(project), "--"];

    /// <summary>The project that this program was built of and lies in.</summary>
    private static (string Folder, string Configuration)? Project()
    {
        string name = Assembly.GetExecutingAssembly().GetName().Name + ".csproj";
        string? below = null, folder = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        for (int i = 0; i < MostFoldersToProject && folder is not null; i++)
        {
            string? parent = Path.GetDirectoryName(folder);
            if (Path.GetFileName(folder) == "bin" && below is not null && File.Exists(Path.Combine(parent!, name)))
                return (parent!, Path.GetFileName(below));
            (below, folder) = (folder, parent);
        }

        return null;
    }

    // A shell looks for a name without a folder in its own places.
    private static string Runnable(string program) => program.Contains(Path.DirectorySeparatorChar) ? program : Path.Combine(".", program);

    private static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    private static string Quote(string word)
        => Plain().IsMatch(word) || OperatingSystem.IsWindows() && !word.Contains(' ', StringComparison.Ordinal) ? word
        : OperatingSystem.IsWindows() ? $"\"{word}\""
        : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^[\p{L}\p{Nd}_./:=@%+,-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
