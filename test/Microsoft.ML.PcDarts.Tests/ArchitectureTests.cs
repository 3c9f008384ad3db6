using System.Text.RegularExpressions;
using Microsoft.ML.PcDarts.Tests.Rooms;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>The walls between the rooms of the library; docs/design.md shows and explains them.</summary>
public class ArchitectureTests
{
    private const string RedrawVariable = "PCDARTS_REDRAW_ROOMS";
    private static readonly string[] Catalogs = [nameof(PcDartsCatalog), nameof(PcDartsDataCatalog), nameof(PcDartsModelCatalog)];
    private static readonly RoomMap Map = RoomMap.Current;

    [Fact]
    public void Rooms_OfTheTable_AreTheFolders()
    {
        Assert.Equal(
            Room.All.Select(room => room.Name).Order(StringComparer.Ordinal),
            Map.Files.Select(file => file.Room).Distinct().Order(StringComparer.Ordinal));
        None(
            "types with parts in several rooms",
            Map.Files.SelectMany(file => file.Types).Where(type => Room.Place(Map.RoomOf(type)!) < 0));
        None("types without a room", Map.Uses.Select(use => use.From).Distinct()
            .Where(type => type.StartsWith(Room.Root + ".", StringComparison.Ordinal) && Map.RoomOf(type) is null));
    }

    [Fact]
    public void Rooms_UseThoseBeforeThem()
        => None("uses against the order of the rooms", Map.Arrows.Where(arrow => Room.Place(arrow.From) < Room.Place(arrow.To)));

    // Constants and nameof leave no trace in the assembly; the using directives that they need do in the source.
    [Fact]
    public void Rooms_NameThoseBeforeThem() => None(
        "using directives against the order of the rooms",
        from file in Map.Files
        from used in file.Usings
        where Room.Place(used) > Room.Place(file.Room)
        select $"{file.Path} ({file.Room}) names {used}");

    [Fact]
    public void Strangers_DoNotUseEachOther() => None(
        "uses between rooms that must not know each other",
        Map.Arrows.Where(arrow => Room.Strangers.Contains((arrow.From, arrow.To)) || Room.Strangers.Contains((arrow.To, arrow.From))));

    [Fact]
    public void TorchSharp_IsUsedByTheRoomsOfTheTable() => None(
        "uses of TorchSharp",
        Room.All.Where(room => !room.TorchSharp).SelectMany(room => Map.TorchSharpIn(room.Name)).Select(Described));

    [Fact]
    public void MlNet_IsUsedByTheRoomsOfTheTable() => None(
        "uses of ML.NET or ONNX Runtime",
        Room.All.Where(room => !room.MlNet).SelectMany(room => Map.MlNetIn(room.Name)).Select(Described));

    [Fact]
    public void EntryPoints_AreNamedByTheRootOnly()
    {
        IEnumerable<string> types = Map.Files.Where(file => file.Room == Room.Root).SelectMany(file => file.Types).Distinct();
        Regex name = new($@"\b({string.Join('|', types.Select(type => type.Split('.')[^1]))})\b");
        None(
            "names of entry points, such as PcDartsTrainer.Options, below the root",
            from file in Map.Files
            where file.Room != Room.Root
            from line in file.Code.Split('\n')
            from match in name.Matches(line)
            where !IsText(line[..match.Index])
            select $"{file.Path} ({file.Room}) names {match.Value}");

        // What a message says is no reference; what stands in its holes is.
        static bool IsText(string before) => before.Replace("\\\"", "", StringComparison.Ordinal).Count(letter => letter == '"') % 2 == 1
            && !before.EndsWith('{') && !before.EndsWith("nameof(", StringComparison.Ordinal);
    }

    [Fact]
    public void Namespaces_AreThoseOfTheFolders() => None(
        "files in another namespace than that of their folder, or of public types in another one than the root's",
        from file in Map.Files
        where file.Namespace != NamespaceOf(file)
        select $"{file.Path}: {file.Namespace} instead of {NamespaceOf(file)}");

    [Fact]
    public void Folders_SayWhatTheyAre() => None(
        "folders without a README.md of a few lines",
        from room in Room.All
        let folder = room.Name == Room.Root ? "" : room.Name.Replace('.', '/')
        let file = new FileInfo(Path.Combine(Map.SourceFolder, folder, "README.md"))
        where !file.Exists || file.Length < 100
        select folder);

    [SkippableFact]
    public void Picture_OfTheRooms_IsWhatTheCodeGives()
    {
        string path = Path.Combine(Map.RepositoryRoot, "docs", "images", "rooms.svg"), drawn = RoomDrawing.Of(Map);
        if (Environment.GetEnvironmentVariable(RedrawVariable) is { Length: > 0 })
        {
            File.WriteAllText(path, drawn);
            Skip.If(true, $"{path} is written.");
        }

        bool isCurrent = File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == drawn;
        Assert.True(isCurrent, "docs/images/rooms.svg is not what the code gives; eng/draw-rooms.sh draws it.");
    }

    private static string NamespaceOf(SourceFile file) => file switch
    {
        { Room: Room.Root } when file.Types.Any(type => Catalogs.Contains(type.Split('.')[^1])) => "Microsoft.ML",
        { Room: Room.Root } or { IsPublic: true } => Room.Root,
        _ => $"{Room.Root}.{file.Room}",
    };

    private static string Described(Use use) => $"{use.From} ({Map.RoomOf(use.From)}) uses {use.To}";

    private static void None<T>(string what, IEnumerable<T> found)
    {
        string[] lines = [.. found.Select(one => $"{one}").Order(StringComparer.Ordinal)];
        Assert.True(lines.Length == 0, $"{lines.Length} {what}:\n{string.Join('\n', lines)}");
    }
}
