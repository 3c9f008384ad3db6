using PcDarts.Cli.Models;

namespace PcDarts.Cli;

/// <summary>The output folders that are open, so that a signal that ends the process leaves nothing half-written in them.</summary>
internal static class UnfinishedFiles
{
    private static readonly List<OutputFolder> Folders = [];

    /// <summary>Held while files are listed or moved to their places.</summary>
    public static Lock Guard { get; } = new();

    public static void Add(OutputFolder folder)
    {
        lock (Guard)
            Folders.Add(folder);
    }

    public static void Remove(OutputFolder folder)
    {
        lock (Guard)
            Folders.Remove(folder);
    }

    /// <summary>As <see cref="Delete"/>, and no folder can list or move files afterwards: the process is about to end.</summary>
    public static void DeleteForGood()
    {
        Guard.Enter();
        Delete();
    }

    /// <summary>Deletes the files of all open folders.</summary>
    public static void Delete()
    {
        lock (Guard)
        {
            foreach (OutputFolder folder in Folders.ToArray())
            {
                try
                {
                    folder.Dispose();
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    Console.Error.WriteLine($"warning: unfinished files are left: {Rendering.Printable.Line(failure.Message)}");
                }
            }
        }
    }
}
