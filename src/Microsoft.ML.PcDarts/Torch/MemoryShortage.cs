using System.Runtime.InteropServices;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>Recognises that memory ran out, on the host or on a GPU.</summary>
internal static class MemoryShortage
{
    // libtorch has no error code for it, only these words: of its CPU allocator, of its CUDA allocator, and of the system's own errors.
    private static readonly string[] Messages = ["can't allocate memory", "out of memory", "not enough memory"];

    public static bool IsCauseOf(Exception error) => error switch
    {
        OutOfMemoryException => true,
        ExternalException => Array.Exists(Messages, words => error.Message.Contains(words, StringComparison.OrdinalIgnoreCase)),
        AggregateException several => several.InnerExceptions.Any(IsCauseOf),
        _ => false,
    };
}
