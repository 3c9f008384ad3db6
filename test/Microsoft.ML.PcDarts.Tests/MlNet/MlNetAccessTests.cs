using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts.Tests.MlNet;

public sealed class MlNetAccessTests
{
    [Fact]
    public void Environment_OfEachCatalog_CarriesTheSettingsOfItsContext()
    {
        var ml = new MLContext(seed: 17) { GpuDeviceId = 3, FallbackToCpu = true, TempFilePath = "/somewhere" };
        foreach (IHostEnvironment env in new[]
        {
            MlNetAccess.Environment(ml.MulticlassClassification.Trainers), MlNetAccess.EnvironmentOf(ml.Data), MlNetAccess.Environment(
                ml.Transforms),
        })
        {
            Assert.Equal(17, MlNetAccess.Seed(env));
            Assert.Equal(3, MlNetAccess.GpuDeviceId(env));
            Assert.True(MlNetAccess.FallbackToCpu(env));
            Assert.Equal("/somewhere", MlNetAccess.TempFilePath(env));
        }
    }

    [Fact]
    public void Environment_WithoutSettings_HasNone()
    {
        IHostEnvironment env = MlNetAccess.EnvironmentOf(new MLContext().Data);
        Assert.Null(MlNetAccess.Seed(env));
        Assert.Null(MlNetAccess.GpuDeviceId(env));
        Assert.False(MlNetAccess.FallbackToCpu(env));
    }

    [Fact]
    public void IsCanceled_AfterCancelExecution_IsTrueForEnvironmentAndHost()
    {
        var ml = new MLContext();
        IHostEnvironment env = MlNetAccess.Environment(ml.MulticlassClassification.Trainers);
        IHost host = env.Register("trainer");
        Assert.False(MlNetAccess.IsCanceled(env));
        Assert.False(MlNetAccess.IsCanceled(host));
        CancelExecution(ml);
        Assert.True(MlNetAccess.IsCanceled(env));
        Assert.True(MlNetAccess.IsCanceled(host));
    }

    [Fact]
    public void Catalogs_MadeFromAnEnvironment_UseIt()
    {
        IHostEnvironment env = MlNetAccess.EnvironmentOf(new MLContext(seed: 5).Data);
        Assert.Same(env, MlNetAccess.Environment(MlNetAccess.TransformsOf(env)));
    }

    [Fact]
    public void ShapeColumn_KeyWithAnnotations_HasThem()
    {
        SchemaShape.Column values = MlNetAccess.ShapeColumn("KeyValues", SchemaShape.Column.VectorKind.Vector,
            TextDataViewType.Instance, false, null);
        SchemaShape.Column column = MlNetAccess.ShapeColumn("Label", SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true,
            new SchemaShape([values]));
        Assert.Equal("Label", column.Name);
        Assert.True(column.IsKey);
        Assert.Equal(SchemaShape.Column.VectorKind.Scalar, column.Kind);
        Assert.Equal("KeyValues", Assert.Single(column.Annotations).Name);
    }

    [Fact]
    public void Scorer_OverASoftmaxHead_GivesSoftmaxOfWxPlusB()
    {
        var ml = new MLContext();
        IHostEnvironment env = MlNetAccess.EnvironmentOf(ml.Data);
        IDataView data = ml.Transforms.Conversion.MapValueToKey("Label").Fit(ml.Data.LoadFromEnumerable([new Row("a"), new Row("b")]))
            .Transform(ml.Data.LoadFromEnumerable([new Row("a") { Features = [1, 2] }, new Row("b") { Features = [-1, 0.5f] }]));
        var head = MlNetAccess.SoftmaxHead(env, [new VBuffer<float>(2, [0.5f, -1f]), new VBuffer<float>(2, [2f, 0.25f])],
            [0.1f, -0.2f], 2, 2);
        IDataView scored = MlNetAccess.Scorer(env, head, data.Schema, "Features", "Label", "Score", "Guess").Transform(data);

        float[] logits = [0.5f - 2f + 0.1f, 2f + 0.5f - 0.2f];
        float expected = MathF.Exp(logits[0]) / (MathF.Exp(logits[0]) + MathF.Exp(logits[1]));
        Assert.Equal(expected, scored.GetColumn<float[]>("Score").First()[0], 1e-6f);
        Assert.Equal(2u, scored.GetColumn<uint>("Guess").First());
    }

    [Fact]
    public void EmptyData_OfASchema_HasItAndNoRows()
    {
        var ml = new MLContext();
        DataViewSchema schema = ml.Data.LoadFromEnumerable([new Row("a")]).Schema;
        IDataView empty = MlNetAccess.EmptyData(ml, schema);
        Assert.Same(schema, empty.Schema);
        Assert.Equal(0, empty.GetRowCount());
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void CancelExecution(MLContext ml);

    private sealed record Row(string Label)
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [0, 0];
    }
}
