using System.Reflection;
using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ReflectionAssembly = System.Reflection.Assembly;
using SystemType = System.Type;

namespace Microsoft.ML.PcDarts.Tests.Rooms;

/// <summary>
/// Uses of types as ArchUnitNET reads them from an assembly: bases, members, bodies of methods and lambdas, type arguments. Constants and
/// <c>nameof</c> leave no trace there.
/// </summary>
internal static class TypeUses
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <param name="architecture">What ArchUnitNET has read.</param>
    /// <param name="assembly">The same assembly.</param>
    public static IEnumerable<Use> Of(Architecture architecture, ReflectionAssembly assembly)
        => OfMembers(architecture).Concat(OfBodies(assembly)).Where(use => use.From != use.To).Distinct();

    private static IEnumerable<Use> OfMembers(Architecture architecture) =>
        from type in architecture.Types
        from dependency in type.Dependencies.Concat(type.Members.SelectMany(member => member.MemberDependencies))
        from used in Named(dependency)
        where used is not GenericParameter
        select new Use(Outermost(type.FullName), Outermost(used.FullName));

    // A call also names its parameters, its result and its type arguments, and a field its type; ArchUnitNET keeps those apart.
    private static IEnumerable<IType> Named(ITypeDependency dependency) =>
    [
        dependency.Target,
        .. Arguments(dependency.TargetGenericArguments),
        .. dependency is IMemberMemberDependency { TargetMember: var member } ? OfSignature(member) : [],
        .. dependency is MethodCallDependency call ? Arguments(call.TargetMemberGenericArguments) : [],
    ];

    private static IEnumerable<IType> OfSignature(IMember member) => member switch
    {
        MethodMember method => [method.ReturnType, .. method.Parameters],
        FieldMember field => [field.Type],
        _ => [],
    };

    private static IEnumerable<IType> Arguments(IEnumerable<GenericArgument> arguments)
        => arguments.SelectMany(argument => Arguments(argument.GenericArguments).Append(argument.Type));

    // ArchUnitNET sees neither what is caught nor the bodies of async iterators.
    private static IEnumerable<Use> OfBodies(ReflectionAssembly assembly) =>
        from type in assembly.GetTypes()
        from used in type.GetFields(Declared).Select(field => field.FieldType).Concat(Methods(type).SelectMany(OfBody))
        from part in Parts(used)
        select new Use(Outermost(type.FullName!), Outermost(part.FullName ?? part.Name));

    private static IEnumerable<MethodBase> Methods(SystemType type)
        => type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared));

    private static IEnumerable<SystemType> OfBody(MethodBase method) => method.GetMethodBody() is { } body
        ? body.LocalVariables.Select(local => local.LocalType).Concat(body.ExceptionHandlingClauses
            .Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause).Select(clause => clause.CatchType).OfType<SystemType>())
        : [];

    private static IEnumerable<SystemType> Parts(SystemType type)
        => type.HasElementType ? Parts(type.GetElementType()!) : type.GetGenericArguments().SelectMany(Parts).Append(type);

    private static string Outermost(string type)
    {
        int end = type.IndexOfAny(['+', '/', '<', '[', '`']);
        return end < 0 ? type : type[..end];
    }
}
