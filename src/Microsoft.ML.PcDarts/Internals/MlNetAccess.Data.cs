using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts;

internal static partial class MlNetAccess
{
    /// <summary>The environment behind <c>mlContext.Data</c>, for its log.</summary>
    public static IHostEnvironment EnvironmentOf(DataOperationsCatalog catalog) => DataEnvironment(catalog);

    /// <summary>A catalog of the stock transforms that logs to <paramref name="env"/>.</summary>
    public static TransformsCatalog TransformsOf(IHostEnvironment env) => env is MLContext context ? context.Transforms : NewTransforms(env);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment DataEnvironment(DataOperationsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern TransformsCatalog NewTransforms(IHostEnvironment env);
}
