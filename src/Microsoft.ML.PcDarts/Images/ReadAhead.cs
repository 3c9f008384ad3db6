namespace Microsoft.ML.PcDarts.Images;

/// <summary>Makes the next item on another thread while the caller uses the current one.</summary>
internal static class ReadAhead
{
    /// <summary>The items in order. The caller disposes those that it gets; one that was made in vain is disposed here.</summary>
    /// <param name="makers">Makes one item each, on a thread of the pool; two may run at once when the first item is asked for. The
    /// sequence itself is walked by the caller's thread.</param>
    public static IEnumerable<T> Of<T>(IEnumerable<Func<T>> makers)
        where T : IDisposable
    {
        Task<T>? next = null;
        try
        {
            foreach (Func<T> maker in makers)
            {
                Task<T>? current = next;
                next = Task.Run(maker);
                if (current is not null)
                    yield return current.GetAwaiter().GetResult();
            }

            if (next is not null)
            {
                Task<T> last = next;
                next = null;
                yield return last.GetAwaiter().GetResult();
            }
        }
        finally
        {
            // The caller stopped early, or the item before failed, which is the failure to tell.
            if (next is not null)
            {
                Task.WaitAny(next);
                if (next.IsCompletedSuccessfully)
                    next.Result.Dispose();
            }
        }
    }
}
