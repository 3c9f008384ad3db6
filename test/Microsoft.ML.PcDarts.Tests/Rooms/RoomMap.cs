using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using ReflectionAssembly = System.Reflection.Assembly;

namespace Microsoft.ML.PcDarts.Tests.Rooms;

/// <summary>
/// What uses what in the library. A type belongs to the room whose folder holds its source file, since public types have the root namespace
/// wherever they lie.
/// </summary>
internal sealed class RoomMap
{
    private static readonly Lazy<RoomMap> Cached = new(() => new RoomMap());
    private readonly Dictionary<string, string> _rooms;

    private RoomMap()
    {
        ReflectionAssembly assembly = typeof(PcDartsTrainer).Assembly;
        RepositoryRoot = Golden.RepositoryRoot()
            ?? throw new DirectoryNotFoundException($"PcDarts.sln lies in no folder above '{AppContext.BaseDirectory}'.");
        SourceFolder = Path.Combine(RepositoryRoot, "src", Room.Root);
        Files = [.. SourceFile.In(SourceFolder)];
        _rooms = Files.SelectMany(file => file.Types.Select(type => (Type: type, file.Room))).Distinct()
            .GroupBy(entry => entry.Type, entry => entry.Room).ToDictionary(type => type.Key, type => string.Join(" and ", type));
        Architecture = new ArchLoader().LoadAssembly(assembly).Build();
        Uses = [.. TypeUses.Of(Architecture, assembly)];
        Arrows =
        [
            .. from use in Uses
               where RoomOf(use.From) is not null && RoomOf(use.To) is not null && RoomOf(use.From) != RoomOf(use.To)
               select new Arrow(use, RoomOf(use.From)!, RoomOf(use.To)!),
        ];
    }

    /// <summary>The map of the library that the tests run with.</summary>
    public static RoomMap Current => Cached.Value;

    public string RepositoryRoot { get; }

    public string SourceFolder { get; }

    public IReadOnlyList<SourceFile> Files { get; }

    public Architecture Architecture { get; }

    /// <summary>All uses, those of types of other assemblies included.</summary>
    public IReadOnlyList<Use> Uses { get; }

    /// <summary>The uses between rooms.</summary>
    public IReadOnlyList<Arrow> Arrows { get; }

    /// <summary>Name of a type's room; null for a type of another assembly or of the compiler.</summary>
    public string? RoomOf(string type)
    {
        if (_rooms.TryGetValue(type, out string? room))
            return room;

        // Those classes are generated from onnx.proto.
        return type.StartsWith(Room.Root + ".Models.Onnx.", StringComparison.Ordinal) ? "Models" : null;
    }

    /// <summary>The types of TorchSharp that a room uses.</summary>
    public IEnumerable<Use> TorchSharpIn(string room) => ForeignIn(room, "TorchSharp");

    /// <summary>The types of ML.NET and of ONNX Runtime that a room uses.</summary>
    public IEnumerable<Use> MlNetIn(string room) => ForeignIn(room, "Microsoft.ML");

    private IEnumerable<Use> ForeignIn(string room, string prefix) =>
        from use in Uses
        where RoomOf(use.From) == room && RoomOf(use.To) is null && use.To.StartsWith(prefix + ".", StringComparison.Ordinal)
        select use;
}
