using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts;

internal static partial class MlNetAccess
{
    /// <summary>The environment behind <c>mlContext.Data</c>, for its log.</summary>
    public static IHostEnvironment EnvironmentOf(DataOperationsCatalog catalog) => DataEnvironment(catalog);

    /// <summary>The environment behind <c>mlContext.Model</c>.</summary>
    public static IHostEnvironment EnvironmentOf(ModelOperationsCatalog catalog) => ModelEnvironment(catalog);

    /// <summary>A catalog of the stock transforms that logs to <paramref name="env"/>.</summary>
    public static TransformsCatalog TransformsOf(IHostEnvironment env) => env is MLContext context ? context.Transforms : NewTransforms(env);

    /// <summary>Which column a transformer makes of which.</summary>
    public static (string Output, string Input)[] ColumnPairs(OneToOneTransformerBase transformer) => TransformerColumnPairs(transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "ColumnPairs")]
    private static extern ref (string Output, string Input)[] TransformerColumnPairs(OneToOneTransformerBase transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment DataEnvironment(DataOperationsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment ModelEnvironment(ModelOperationsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern TransformsCatalog NewTransforms(IHostEnvironment env);
}
