namespace Microsoft.ML.PcDarts.Tests.Rooms;

internal sealed class Used : Exception;

internal static class UsesNothing
{
    public static int Of() => 1;
}

internal static class UsesInBody
{
    public static object Of() => new Used();
}

internal static class UsesInLambda
{
    public static Func<int, object> Of(int count) => more => Enumerable.Repeat(0, count + more).Select(_ => new Used()).Last();
}

internal static class UsesInCast
{
    public static bool Of(object value) => value is Used;
}

internal static class UsesInCatch
{
    public static void Of(Action action)
    {
        try
        {
            action();
        }
        catch (Used)
        {
        }
    }
}

internal static class UsesInTypeArgument
{
    public static int Of() => Array.Empty<List<Used>>().Length;
}

internal static class UsesInNestedType
{
    public sealed class Inner
    {
        public object? Value { get; } = new Used();
    }
}

internal static class UsesInIterator
{
    public static IEnumerable<object> Of()
    {
        yield return new Used();
    }
}

internal static class UsesInAsyncMethod
{
    public static async Task<object> Of()
    {
        await Task.Yield();
        return new Used();
    }
}

internal static class UsesInAsyncIterator
{
    public static async IAsyncEnumerable<object> Of()
    {
        await Task.Yield();
        Used used = new();
        yield return 1;
        yield return used;
    }
}

internal static class UsesInTypeOf
{
    public static string Of() => typeof(Used).Name;
}

internal static class UsesInSignature
{
    public static int Of(Used[] values) => values.Length;
}
