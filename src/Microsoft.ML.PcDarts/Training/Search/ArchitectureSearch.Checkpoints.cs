using Microsoft.ML.PcDarts.Architectures;
using Microsoft.ML.PcDarts.Formats;
using Microsoft.ML.PcDarts.Runs;
using Microsoft.ML.PcDarts.Torch;

namespace Microsoft.ML.PcDarts.Training.Search;

/// <content>
/// Tensors of a checkpoint. Batches and augmentation follow from the seed and the steps done, and nothing else is random.
/// </content>
internal sealed partial class ArchitectureSearch
{
    /// <summary>Weights, α and β, without the optimizers' memory.</summary>
    private Dictionary<string, TensorData> Learned()
    {
        Dictionary<string, TensorData> tensors = new(_architecture.Export(), StringComparer.Ordinal);
        foreach ((string name, TensorData weights) in ModuleWeights.Export(_supernet))
            tensors.Add(SupernetWeights.CheckpointPrefix + name, weights);
        return tensors;
    }

    private Dictionary<string, TensorData> Tensors()
    {
        Dictionary<string, TensorData> tensors = Learned();
        _weights.Export(tensors);
        _architect.Optimizer.Export(tensors);
        return tensors;
    }

    private SearchProgress Resume(Checkpoint interrupted)
    {
        IReadOnlyDictionary<string, TensorData> tensors = interrupted.Tensors;
        ModuleWeights.Import(_supernet, TensorNames.WithPrefix(tensors, SupernetWeights.CheckpointPrefix));
        _architecture.Import(tensors);
        _weights.Import(tensors);
        _architect.Optimizer.Import(tensors);
        var progress = (SearchProgress)interrupted.State.Progress;
        progress.LearningRateScale = Math.Min(progress.LearningRateScale, LearningRateScale);
        return progress;
    }

    /// <summary>
    /// Writes the supernet at the end of the search to the workspace; its checkpoints make room for those of the training.
    /// </summary>
    private void KeepSupernet() => _journal.InWorkspace(folder =>
    {
        string file = Path.Combine(folder.FullPath, Workspace.SupernetFile);
        new SupernetWeights(file, Learned()).Write(file);
    });
}
