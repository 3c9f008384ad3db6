using Microsoft.ML;
using Microsoft.ML.Data;

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
        ITransformer model;
        DataViewSchema schema;
        try
        {
            model = context.Model.Load(fullPath, out schema);
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException or InvalidOperationException or EndOfStreamException or ArgumentException or System.Reflection.TargetInvocationException)
        {
            throw new UserException($"'{fullPath}' is not a complete ML.NET model ({(exception.InnerException ?? exception).Message}).");
        }

        if (schema?.GetColumnOrNull(ImagePath)?.Type is not TextDataViewType)
            throw new UserException($"'{fullPath}' takes no text column '{ImagePath}'; use a model that 'fit' or 'demo' has saved.");
        return new SavedModel(context, model, schema!, fullPath);
    }

    /// <summary>ML.NET's metrics on a folder that <see cref="LabelledFolder.CheckClasses"/> has passed.</summary>
    public MulticlassClassificationMetrics Evaluate(LabelledFolder folder, CancellationToken cancellation)
    {
        IDataView keys = _context.Data.LoadFromEnumerable(ClassNames.Select(name => new ClassRow { Name = name }));
        // Keeps every row; ML.NET has no other way to end a pass.
        IDataView pictures = _context.Data.FilterByCustomPredicate(folder.View, (LabelledFolder.Row _) =>
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
        return _context.MulticlassClassification.Evaluate(toKeys.Fit(scored).Transform(scored), "TrueKey", Score, "PredictedKey");
    }

    public void Dispose() => (_model as IDisposable)?.Dispose();

    private static string[] ReadClassNames(DataViewSchema schema, string path)
    {
        if (schema.GetColumnOrNull(Score) is not { } score || schema.GetColumnOrNull(PredictedLabel) is null || !score.HasSlotNames())
            throw new UserException($"'{path}' gives no named class probabilities in '{Score}' and '{PredictedLabel}'; use a model that 'fit' or 'demo' has saved.");
        VBuffer<ReadOnlyMemory<char>> names = default;
        score.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private sealed class ClassRow
    {
        public required string Name { get; init; }
    }
}
