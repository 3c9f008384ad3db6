using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.PcDarts.Scoring;

/// <summary>How a network is run on batches.</summary>
internal sealed record ScoringSettings
{
    /// <summary>Pictures a batch, or null: measured.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Batches computed at the same time, or null: one per physical core.</summary>
    public int? Threads { get; init; }

    /// <summary>CUDA device number, or null for the CPU.</summary>
    public int? GpuDeviceId { get; init; }

    /// <summary>Whether the CPU is taken when that GPU cannot be used.</summary>
    public bool FallbackToCpu { get; init; } = true;

    /// <summary>Opens a session.</summary>
    /// <param name="model">The ONNX file.</param>
    /// <exception cref="InvalidOperationException">The GPU cannot be used and <see cref="FallbackToCpu"/> is false.</exception>
    public InferenceSession Open(byte[] model)
    {
        using SessionOptions options = Options();
        if (GpuDeviceId is { } gpu)
        {
            try
            {
                options.AppendExecutionProvider_CUDA(gpu);
                return new InferenceSession(model, options);
            }
            catch (Exception cause) when (cause is EntryPointNotFoundException or OnnxRuntimeException)
            {
                // The application references the CPU build of ONNX Runtime, or the machine lacks the GPU or its libraries.
                if (!FallbackToCpu)
                    throw new InvalidOperationException($"GpuDeviceId {gpu} cannot be used: {cause.Message.TrimEnd('.')}. "
                        + "Reference Microsoft.ML.OnnxRuntime.Gpu, or set FallbackToCpu to true.", cause);
            }
        }
        using SessionOptions cpu = Options();
        return new InferenceSession(model, cpu);
    }

    // One thread inside a run; the threads that call Run share the cores among them.
    private static SessionOptions Options() => new()
    {
        IntraOpNumThreads = 1,
        InterOpNumThreads = 1,
        ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
        GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
    };
}
