using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts.MlNet;

internal static partial class MlNetAccess
{
    /// <summary>The environment behind <c>mlContext.Data</c>, for its log.</summary>
    public static IHostEnvironment EnvironmentOf(DataOperationsCatalog catalog) => DataEnvironment(catalog);

    /// <summary>The environment behind <c>mlContext.Model</c>.</summary>
    public static IHostEnvironment EnvironmentOf(ModelOperationsCatalog catalog) => ModelEnvironment(catalog);

    /// <summary>A catalog of the stock transforms that logs to <paramref name="env"/>.</summary>
    public static TransformsCatalog TransformsOf(IHostEnvironment env)
        => env is MLContext context ? context.Transforms : NewTransforms(env);

    /// <summary>Which column a transformer makes of which.</summary>
    public static (string Output, string Input)[] ColumnPairs(OneToOneTransformerBase transformer) => TransformerColumnPairs(transformer);

    /// <summary>
    /// ML.NET's LoadImages that makes a column of a data view; null where there is none, or something else stands in between.
    /// </summary>
    /// <param name="view">The data view.</param>
    /// <param name="image">Name of the column.</param>
    public static ImageLoadingTransformer? LoaderOf(IDataView view, string image)
    {
        for (IDataView? at = view; at is not null; at = SourceOf(at))
        {
            if (MapperOf(at) is ImageLoadingTransformer loader && ColumnPairs(loader).Any(pair => pair.Output == image))
                return loader;
        }
        return null;
    }

    // The types are internal to ML.NET, and the fields of internal types, which accessors cannot return by reference.
    private static IDataView? SourceOf(IDataView view)
        => view.GetType().GetInterface("Microsoft.ML.Data.IDataTransform")?.GetProperty("Source")?.GetValue(view) as IDataView;

    private static object? MapperOf(IDataView view) => FieldOf(FieldOf(view, "_mapper"), "_parent");

    private static object? FieldOf(object? owner, string name)
        => owner?.GetType().GetField(name, BindingFlags.NonPublic | BindingFlags.Instance)?.GetValue(owner);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "ColumnPairs")]
    private static extern ref (string Output, string Input)[] TransformerColumnPairs(OneToOneTransformerBase transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment DataEnvironment(DataOperationsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment ModelEnvironment(ModelOperationsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern TransformsCatalog NewTransforms(IHostEnvironment env);
}
