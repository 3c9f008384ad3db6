using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.Platform;

namespace PcDarts.Cli.Models;

/// <summary>A model.zip loaded with ML.NET alone: nothing here touches TorchSharp or libtorch.</summary>
internal sealed class SavedModel : IDisposable
{
    private const string ImagePath = "ImagePath";
    private const string Label = "Label";
    private const string Score = "Score";
    private const string PredictedLabel = "PredictedLabel";
    private readonly MLContext _context;
    private readonly ITransformer _model;

    private SavedModel(MLContext context, ITransformer model, DataViewSchema inputSchema, string path)
    {
        _context = context;
        _model = model;
        FullPath = path;
        ClassNames = ReadClassNames(model.GetOutputSchema(inputSchema), path);
    }

    public string FullPath { get; }

    public IReadOnlyList<string> ClassNames { get; }

    public static SavedModel Load(MLContext context, string path)
    {
        string fullPath = ModelPath.Of(path);
        (ITransformer model, DataViewSchema schema) = Open(context, fullPath);
        if (schema.GetColumnOrNull(ImagePath)?.Type is not TextDataViewType)
            throw new UserException($"'{fullPath}' takes no text column '{ImagePath}'; use a model that 'fit' or 'demo' has saved.");
        return new SavedModel(context, model, schema, fullPath);
    }

    /// <summary>ML.NET's metrics on a folder that <see cref="LabeledFolder.CheckClasses"/> has passed.</summary>
    public MulticlassClassificationMetrics Evaluate(LabeledFolder folder, CancellationToken cancellation)
    {
        IDataView keys = _context.Data.LoadFromEnumerable(ClassNames.Select(name => new ClassRow { Name = name }));
        // Keeps every row; ML.NET has no other way to end a pass.
        IDataView pictures = _context.Data.FilterByCustomPredicate(folder.View, (LabeledFolder.Row _) =>
        {
            cancellation.ThrowIfCancellationRequested();
            return false;
        });
        IDataView rows = _context.Transforms.CopyColumns("TrueClass", Label).Fit(pictures).Transform(pictures);
        IDataView scored = _model.Transform(rows);
        if (scored.Schema[PredictedLabel].Type is KeyDataViewType)
            scored = _context.Transforms.Conversion.MapKeyToValue(PredictedLabel).Fit(scored).Transform(scored);
        IEstimator<ITransformer> toKeys = _context.Transforms.Conversion.ConvertType("PredictedClass", PredictedLabel, DataKind.String)
            .Append(_context.Transforms.Conversion.MapValueToKey("TrueKey", "TrueClass", keyData: keys))
            .Append(_context.Transforms.Conversion.MapValueToKey("PredictedKey", "PredictedClass", keyData: keys));
        // Rows without finite scores ML.NET's metrics leave out: they would tell the accuracy of those that remain, or of none. Counted in
        // the one pass that the metrics make.
        int counted = 0, broken = 0;
        IDataView keyed = _context.Data.FilterByCustomPredicate(toKeys.Fit(scored).Transform(scored), (ScoreRow row) =>
        {
            counted++;
            broken += Array.TrueForAll(row.Score, float.IsFinite) ? 0 : 1;
            return false;
        });
        MulticlassClassificationMetrics metrics = _context.MulticlassClassification.Evaluate(keyed, "TrueKey", Score, "PredictedKey");
        return broken == 0
            ? metrics
            : throw new UserException($"'{FullPath}' gives scores that are not finite numbers for {broken} of {counted} pictures, "
                + "so it has no accuracy: "
            + "its weights are damaged, or its numbers overflow. Train it again.");
    }

    public void Dispose() => (_model as IDisposable)?.Dispose();

    private static (ITransformer Model, DataViewSchema Input) Open(MLContext context, string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            ArchiveLimits.Check(file);
        }
        catch (InvalidDataException exception)
        {
            throw Incomplete(path, exception);
        }

        try
        {
            ITransformer model = context.Model.Load(file, out DataViewSchema? schema);
            return (model, schema ?? FolderSchema());
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // ML.NET throws what the damaged part happens to cause, often inside a TargetInvocationException.
            throw LoadFault.Of($"The model '{path}' cannot be loaded", exception, context.TempFilePath, LoadFault.SystemFolder) is { } fault
                ? new UserException(fault.Message)
                : Incomplete(path, exception.GetBaseException());
        }
    }

    private static UserException Incomplete(string path, Exception cause)
        => new($"'{path}' is not a complete ML.NET model: {cause.Message.TrimEnd('.')}.");

    // What a folder of pictures gives, for a model that was saved without the schema of its input.
    private static DataViewSchema FolderSchema()
    {
        DataViewSchema.Builder columns = new();
        columns.AddColumn(ImagePath, TextDataViewType.Instance);
        columns.AddColumn(Label, TextDataViewType.Instance);
        return columns.ToSchema();
    }

    private static string[] ReadClassNames(DataViewSchema schema, string path)
    {
        if (schema.GetColumnOrNull(Score) is not { } score || schema.GetColumnOrNull(PredictedLabel) is null || !score.HasSlotNames())
            throw new UserException($"'{path}' gives no named class probabilities in '{Score}' and '{PredictedLabel}'; "
                + "use a model that 'fit' or 'demo' has saved.");
        VBuffer<ReadOnlyMemory<char>> names = default;
        score.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private sealed class ScoreRow
    {
        public float[] Score { get; set; } = [];
    }

    private sealed class ClassRow
    {
        public required string Name { get; init; }
    }
}
