using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.PcDarts.MlNet;

/// <summary>Every reach into ML.NET that its public surface does not offer; each has a test, so that an upgrade which breaks one is seen
/// at once.</summary>
internal static partial class MlNetAccess
{
    private const string EnvironmentType = "Microsoft.ML.Runtime.IHostEnvironmentInternal, Microsoft.ML.Core";

    /// <summary>The environment behind a trainer catalog such as <c>mlContext.MulticlassClassification.Trainers</c>.</summary>
    public static IHostEnvironment Environment(TrainCatalogBase.CatalogInstantiatorBase trainers) => CatalogEnvironment(trainers);

    /// <summary>The environment behind <c>mlContext.Transforms</c>.</summary>
    public static IHostEnvironment Environment(TransformsCatalog transforms) => CatalogEnvironment(transforms);

    /// <summary>A data view without rows.</summary>
    public static IDataView EmptyData(IHostEnvironment env, DataViewSchema schema) => (IDataView)NewEmptyDataView(env, schema);

    /// <summary>The seed given to <see cref="MLContext"/>, or null.</summary>
    public static int? Seed(IHostEnvironment env) => EnvironmentSeed(env);

    /// <summary>The GPU that <see cref="MLContext.GpuDeviceId"/> asks for, or null.</summary>
    public static int? GpuDeviceId(IHostEnvironment env) => EnvironmentGpuDeviceId(env);

    /// <summary>Whether <see cref="MLContext.FallbackToCpu"/> allows the CPU where the GPU is missing.</summary>
    public static bool FallbackToCpu(IHostEnvironment env) => EnvironmentFallbackToCpu(env);

    /// <summary>The folder for temporary files, as set by <see cref="MLContext.TempFilePath"/>.</summary>
    public static string TempFilePath(IHostEnvironment env) => EnvironmentTempFilePath(env);

    /// <summary>Whether MLContext.CancelExecution (internal to ML.NET; AutoML calls it) was called; <paramref name="env"/> is a catalog's
    /// environment or a host registered in it.</summary>
    public static bool IsCanceled(IHostEnvironment env) => EnvironmentIsCanceled(env);

    /// <summary>ML.NET's linear softmax model over the network's pooled features.</summary>
    /// <param name="env">The environment.</param>
    /// <param name="weights">One dense row of feature weights a class.</param>
    /// <param name="bias">One bias a class.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="features">The number of features.</param>
    public static MaximumEntropyModelParameters SoftmaxHead(IHostEnvironment env, VBuffer<float>[] weights, float[] bias, int classes,
        int features) =>
        NewMaximumEntropy(env, weights, bias, classes, features, null, null);

    /// <summary>ML.NET's scorer around a multiclass model; key values and slot names come from the label column of
    /// <paramref name="schema"/>.</summary>
    public static MulticlassPredictionTransformer<MaximumEntropyModelParameters> Scorer(IHostEnvironment env,
        MaximumEntropyModelParameters model,
        DataViewSchema schema, string feature, string label, string score, string predictedLabel) =>
        Prediction<MaximumEntropyModelParameters>.Create(env, model, schema, feature, label, score, predictedLabel);

    /// <summary>A column of an estimator's expected schema.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    public static extern SchemaShape.Column ShapeColumn(string name, SchemaShape.Column.VectorKind kind, DataViewType itemType, bool isKey,
        SchemaShape? annotations);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Environment")]
    private static extern IHostEnvironment CatalogEnvironment(
        [UnsafeAccessorType("Microsoft.ML.Data.IInternalCatalog, Microsoft.ML.Data")] object catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Seed")]
    private static extern int? EnvironmentSeed([UnsafeAccessorType(EnvironmentType)] object env);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_GpuDeviceId")]
    private static extern int? EnvironmentGpuDeviceId([UnsafeAccessorType(EnvironmentType)] object env);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_FallbackToCpu")]
    private static extern bool EnvironmentFallbackToCpu([UnsafeAccessorType(EnvironmentType)] object env);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_TempFilePath")]
    private static extern string EnvironmentTempFilePath([UnsafeAccessorType(EnvironmentType)] object env);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_IsCanceled")]
    private static extern bool EnvironmentIsCanceled(
        [UnsafeAccessorType("Microsoft.ML.Runtime.ICancelable, Microsoft.ML.Core")] object env);

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern MaximumEntropyModelParameters NewMaximumEntropy(IHostEnvironment env, VBuffer<float>[] weights, float[] bias,
        int numClasses, int numFeatures,
        string[]? labelNames, ModelStatisticsBase? stats);

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    [return: UnsafeAccessorType("Microsoft.ML.Data.EmptyDataView, Microsoft.ML.Data")]
    private static extern object NewEmptyDataView(IHostEnvironment env, DataViewSchema schema);

    private static class Prediction<TModel>
        where TModel : class
    {
        [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
        public static extern MulticlassPredictionTransformer<TModel> Create(IHostEnvironment env, TModel model, DataViewSchema inputSchema,
            string featureColumn,
            string labelColumn, string scoreColumn, string predictedLabel);
    }
}
