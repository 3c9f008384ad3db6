using Microsoft.ML.PcDarts;

namespace PcDarts.Cli.Models;

/// <summary>Finds the model that a path names: the file itself, or in the folder of a run its model.zip.</summary>
internal static class ModelPath
{
    /// <exception cref="UserException">There is no such file, or the folder holds no model.</exception>
    public static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        if (File.Exists(full))
            return full;
        if (!Directory.Exists(full))
            throw new UserException($"The model '{full}' does not exist; name its file, or the folder that 'fit --out' named.");
        string model = Path.Combine(full, ModelFitter.ModelFile);
        if (File.Exists(model))
            return model;
        throw new UserException(PcDartsRun.Exists(full)
            ? $"The run in '{full}' has no {ModelFitter.ModelFile} yet. "
                + $"To let it end: {OwnCommand.Of("resume", OwnCommand.ShortPath(full))}"
            : $"'{full}' is a folder without a {ModelFitter.ModelFile}; name the file of a model, or the folder that 'fit --out' named.");
    }
}
