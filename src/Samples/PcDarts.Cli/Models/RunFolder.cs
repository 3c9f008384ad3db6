using System.Text;
using System.Text.Json;
using Microsoft.ML.PcDarts;
using Microsoft.ML.PcDarts.Platform;
using PcDarts.Cli.Rendering;

namespace PcDarts.Cli.Models;

/// <summary>
/// The command line's addition to the workspace of a run: the arguments of the command that started it, so that <c>resume</c> can repeat
/// them.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string ArgumentsFile = "fit.json";
    private readonly OutputFolder _output;

    public static string ArgumentsPath(string folder) => Path.Combine(folder, ArgumentsFile);

    /// <summary>Writes the arguments, after deleting another run if that is wanted.</summary>
    /// <param name="output">The folder of the run.</param>
    /// <param name="arguments">Arguments of <c>fit</c> without its folder.</param>
    /// <param name="overwrite">Whether a run that the folder holds is deleted.</param>
    public RunFolder(OutputFolder output, string[] arguments, bool overwrite)
    {
        _output = output;
        if (overwrite)
            PcDartsRun.Delete(output.FullPath);
        if (HasRun && HasArguments(output.FullPath))
            return; // The library compares that run with this one.
        AtomicFile.Write(ArgumentsPath(output.FullPath),
            file => file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(arguments) + "\n")));
    }

    /// <summary>Whether the folder holds a run that can be resumed.</summary>
    public bool HasRun => PcDartsRun.Exists(_output.FullPath);

    /// <summary>Whether a run has ended and its model is there.</summary>
    public static bool IsFinished(PcDartsRun run)
        => run.History is not null && File.Exists(Path.Combine(run.WorkspacePath, ModelFitter.ModelFile));

    /// <summary>Reads the run of a folder and warns of what is damaged in it.</summary>
    public static PcDartsRun Open(Terminal terminal, string folder)
    {
        PcDartsRun run = PcDartsRun.Open(folder);
        foreach (string line in run.DamagedLines)
            terminal.Warn(line);
        return run;
    }

    /// <summary>Whether <c>fit</c> started the run of a folder.</summary>
    public static bool HasArguments(string folder) => File.Exists(ArgumentsPath(folder));

    /// <summary>Deletes the arguments of a run that never began.</summary>
    public void Dispose()
    {
        if (!HasRun)
            File.Delete(ArgumentsPath(_output.FullPath));
    }

    /// <exception cref="UserException">The folder holds no run that <c>fit</c> started, or its file is damaged.</exception>
    public static string[] ReadArguments(string folder)
    {
        string path = ArgumentsPath(folder);
        if (!File.Exists(path))
            throw new UserException($"There is no run in '{Path.GetFullPath(folder)}': {ArgumentsFile} is missing. "
                + "Give the folder that 'fit --out' named.");
        try
        {
            return JsonSerializer.Deserialize<string[]>(File.ReadAllText(path)) is { } arguments
                && Array.TrueForAll(arguments, argument => argument is not null)
                ? arguments
                : throw new JsonException("it is not a list of texts.");
        }
        catch (JsonException damage)
        {
            throw new UserException($"'{path}' is damaged: {damage.Message} Start the run again with 'fit --overwrite', "
                + "or restore the file.");
        }
    }
}
