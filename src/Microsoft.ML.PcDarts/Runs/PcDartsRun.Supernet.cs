using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Runs;

namespace Microsoft.ML.PcDarts;

/// <content>The supernet of the search.</content>
public sealed partial class PcDartsRun
{
    private const string InitialModel = "InitialModel"; // as run.json names the option

    /// <summary>
    /// Writes the supernet of the search as a safetensors file: float32 weights and running statistics under the names of the paper's code
    /// (<c>Network</c> of model_search.py), so that PyTorch loads them into it, and with them <c>alphas_normal</c>, <c>alphas_reduce</c>
    /// [E, 8], <c>betas_normal</c> and <c>betas_reduce</c> [E] before the softmax; the metadata hold the shape. It is the supernet at the
    /// end of the search or, while the search lasts, that of the last checkpoint; of a damaged checkpoint that of the one before.
    /// <see cref="ArchitectureValues.Load"/> decodes the file, <see cref="PcDartsTrainer.Options.InitialSupernet"/> starts a search from
    /// it.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced only once the new one is complete.</param>
    /// <exception cref="InvalidOperationException">The run has no supernet: its architecture was given, or its search has not saved a
    /// checkpoint yet.</exception>
    /// <exception cref="InvalidDataException">The file that the workspace keeps of it is damaged; the message names the file.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read or written.</exception>
    public void SaveSupernet(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SupernetWeights supernet = ReadSupernet()
            ?? throw new InvalidOperationException($"The run in '{WorkspacePath}' has no supernet to write: {WhyNoSupernet()}");
        supernet.Write(path);
    }

    private SupernetWeights? ReadSupernet()
    {
        string kept = Path.Combine(WorkspacePath, Workspace.SupernetFile);
        if (File.Exists(kept))
            return SupernetWeights.Read(kept);
        return CheckpointFolder.Of(WorkspacePath, Description).Newest(warn: _ => { }) is { State.Phase: TrainingPhase.Search } checkpoint
            ? new SupernetWeights(Path.Combine(WorkspacePath, Workspace.CheckpointsFolder), checkpoint.Tensors)
            : null;
    }

    private string WhyNoSupernet()
    {
        if (Given is not null || Options.GetValueOrDefault(InitialModel, "null") != "null")
            return "its architecture was given and not searched.";
        return Epochs.Any(epoch => epoch.Phase != TrainingPhase.Search) || Result is not null
            ? $"its search has ended and {Workspace.SupernetFile} is missing; that file was deleted, or an earlier version of this "
                + $"library ran the search."
            : "its search has not saved a checkpoint yet. Wait for one, or ask for more with Options.CheckpointInterval ('fit "
                + "--checkpoint-interval').";
    }
}
