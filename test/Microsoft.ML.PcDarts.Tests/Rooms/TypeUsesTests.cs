using ArchUnitNET.Loader;

namespace Microsoft.ML.PcDarts.Tests.Rooms;

/// <summary>Each way in which code can use a type is seen.</summary>
public class TypeUsesTests
{
    private static readonly Lazy<HashSet<Use>> Uses = new(() =>
        [.. TypeUses.Of(new ArchLoader().LoadAssembly(typeof(Used).Assembly).Build(), typeof(Used).Assembly)]);

    [Theory]
    [InlineData(typeof(UsesInBody))]
    [InlineData(typeof(UsesInLambda))]
    [InlineData(typeof(UsesInCast))]
    [InlineData(typeof(UsesInCatch))]
    [InlineData(typeof(UsesInTypeArgument))]
    [InlineData(typeof(UsesInNestedType))]
    [InlineData(typeof(UsesInIterator))]
    [InlineData(typeof(UsesInAsyncMethod))]
    [InlineData(typeof(UsesInAsyncIterator))]
    [InlineData(typeof(UsesInTypeOf))]
    [InlineData(typeof(UsesInSignature))]
    public void Of_AnyUse_IsSeen(System.Type user) => Assert.Contains(new Use(user.FullName!, typeof(Used).FullName!), Uses.Value);

    [Fact]
    public void Of_NoUse_IsNotSeen() => Assert.DoesNotContain(new Use(typeof(UsesNothing).FullName!, typeof(Used).FullName!), Uses.Value);
}
