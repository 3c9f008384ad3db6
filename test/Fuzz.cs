namespace Microsoft.ML.PcDarts.Tests;

/// <summary>How many mutations the fuzz tests make. Compiled into each test project that has some.</summary>
internal static class Fuzz
{
    /// <summary>Mutations of a kind in every run of the tests.</summary>
    public const int Count = 2_000;

    /// <summary>Mutations of a kind in tests of the category Long, which call <see cref="SkipUnlessLong"/>.</summary>
    public const int LongCount = 20_000;

    /// <summary>Skips the test unless the environment variable PCDARTS_LONG is 1.</summary>
    public static void SkipUnlessLong()
        => Skip.IfNot(Environment.GetEnvironmentVariable("PCDARTS_LONG") == "1", $"{LongCount} mutations take minutes; set PCDARTS_LONG=1");
}
