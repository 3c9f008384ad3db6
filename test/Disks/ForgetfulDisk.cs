namespace Microsoft.ML.PcDarts.Tests;

/// <summary>
/// A disk whose power fails at the n-th operation: what was not synced is gone, contents of files as well as names that were created,
/// renamed or deleted.
/// </summary>
/// <param name="root">The folder that loses what was not synced; it stays itself.</param>
/// <param name="cutAt">The operation at which the power fails, from 1; 0 for none.</param>
/// <param name="keepsNames">Whether names outlive the cut without a sync and only contents are lost, as on file systems that write names
/// first.</param>
internal sealed class ForgetfulDisk(string root, int cutAt, bool keepsNames) : FaultyDisk(cutAt, lasting: true)
{
    private readonly Dictionary<string, Node> _names = Existing(root), _syncedNames = Existing(root);

    public override Stream Create(string path)
    {
        Stream file = base.Create(path);
        _names[path] = new Node();
        return file;
    }

    public override Stream Open(string path)
    {
        Stream file = base.Open(path);
        _names.TryAdd(path, new Node());
        return file;
    }

    public override void Move(string from, string to)
    {
        base.Move(from, to);
        _names.Remove(from, out Node? node);
        _names[to] = node ?? new Node();
    }

    public override void Delete(string path)
    {
        base.Delete(path);
        _names.Remove(path);
    }

    public override void CreateDirectory(string path)
    {
        base.CreateDirectory(path);
        _names[path] = new Node { IsFolder = true };
    }

    public override void SyncDirectory(string path)
    {
        base.SyncDirectory(path);
        foreach (string name in _syncedNames.Keys.Where(name => Path.GetDirectoryName(name) == path && !_names.ContainsKey(name)).ToArray())
            _syncedNames.Remove(name);
        foreach ((string name, Node node) in _names.Where(pair => Path.GetDirectoryName(pair.Key) == path))
            _syncedNames[name] = node;
    }

    /// <summary>Makes the folder what is found in it when the power is back.</summary>
    public void Forget()
    {
        foreach (string folder in Directory.GetDirectories(root))
            Directory.Delete(folder, recursive: true);
        foreach (string file in Directory.GetFiles(root))
            File.Delete(file);
        Dictionary<string, Node> left = keepsNames ? _names : _syncedNames;
        foreach ((string folder, _) in left.Where(pair => pair.Value.IsFolder))
            Directory.CreateDirectory(folder);
        foreach ((string file, Node node) in left.Where(pair => !pair.Value.IsFolder && Directory.Exists(Path.GetDirectoryName(pair.Key))))
            File.WriteAllBytes(file, node.Content);
    }

    protected override void Synced(string path, byte[] content)
    {
        _names.TryAdd(path, new Node()); // written by another, such as ML.NET
        _names[path].Content = content;
    }

    private static Dictionary<string, Node> Existing(string root) => Directory.GetFileSystemEntries(root, "*", SearchOption.AllDirectories)
        .ToDictionary(path => path, path => Directory.Exists(path)
            ? new Node { IsFolder = true }
            : new Node { Content = File.ReadAllBytes(path) });

    private sealed class Node
    {
        public bool IsFolder { get; init; }

        public byte[] Content { get; set; } = [];
    }
}
