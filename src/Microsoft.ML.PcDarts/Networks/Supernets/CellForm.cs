using Microsoft.ML.PcDarts.Kernels;

namespace Microsoft.ML.PcDarts.Networks.Supernets;

/// <summary>How a supernet computes its cells. All forms share one module tree and agree up to rounding.</summary>
internal enum CellForm
{
    /// <summary>The kernels where they can, elsewhere the wide form.</summary>
    Automatic,

    /// <summary>The kernels of this library; only for pictures that <see cref="CellKernels.Support"/>.</summary>
    Kernels,

    /// <summary>torch's operations, each on many edges at once: few and large, as a GPU needs them; see <see cref="WideCell"/>.</summary>
    Wide,

    /// <summary>torch's operations edge by edge, the structure of the paper's code: the yardstick of tests and benchmarks.</summary>
    PerEdge,
}
