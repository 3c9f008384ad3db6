using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts;

/// <summary>The pictures found under a folder of class folders, and what was left out.</summary>
internal sealed class ImageFolder
{
    private readonly string _path;
    private readonly List<ImageFile> _files = [];
    private readonly List<string> _emptyClasses = [];
    private int _classes;
    private int _hidden;
    private int _otherFiles;
    private int _withoutClass;

    private ImageFolder(string path) => _path = path;

    /// <summary>The pictures, ordinally sorted by class and by path within it.</summary>
    public IReadOnlyList<ImageFile> Files => _files;

    /// <summary>Hidden files and folders left out.</summary>
    public int Hidden => _hidden;

    /// <summary>Files of other kinds left out.</summary>
    public int OtherFiles => _otherFiles;

    /// <summary>Pictures left out because they lie in no class folder.</summary>
    public int WithoutClass => _withoutClass;

    /// <summary>Lists the folder.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="ArgumentException">There are no classes or no pictures.</exception>
    public static ImageFolder Scan(string path)
    {
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException(
                File.Exists(path)
                    ? $"'{Path.GetFullPath(path)}' is a file; a folder with one sub-folder a class is needed."
                    : $"The folder '{Path.GetFullPath(path)}' does not exist.");
        ImageFolder folder = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        folder.ScanRoot();
        return folder;
    }

    /// <summary>Logs what was found and left out.</summary>
    public void Report(IChannel log)
    {
        log.Info(
            MessageSensitivity.UserData,
            "{0} pictures of {1} classes in {2}. Left out: {3} hidden files or folders, {4} files that are no pictures.",
            _files.Count,
            _classes,
            _path,
            _hidden,
            _otherFiles);
        if (_withoutClass > 0)
            log.Warning(MessageSensitivity.UserData, "{0} pictures lie in {1} itself, so they have no class, and are left out.", _withoutClass, _path);
        if (_emptyClasses.Count > 0)
            log.Warning(MessageSensitivity.UserData, "These folders hold no pictures and become no classes: {0}.", string.Join(", ", _emptyClasses));
    }

    private void ScanRoot()
    {
        List<DirectoryInfo> classes = [];
        foreach (FileSystemInfo entry in Visible(_path))
        {
            if (entry is DirectoryInfo directory)
                classes.Add(directory);
            else if (PictureFile.HasPictureExtension(entry.Name))
                _withoutClass++;
            else
                _otherFiles++;
        }
        if (classes.Count == 0)
            throw new ArgumentException(
                $"The folder '{_path}' has no sub-folders{(_withoutClass > 0 ? $" ({_withoutClass} pictures lie in it directly)" : "")}. "
                + "Put the pictures of each class into a sub-folder named after the class.",
                "path");

        foreach (DirectoryInfo @class in classes)
        {
            List<string> found = [];
            Collect(@class, found, []);
            if (found.Count == 0)
                _emptyClasses.Add(@class.Name);
            else
                _classes++;
            _files.AddRange(found.Order(StringComparer.Ordinal).Select(file => new ImageFile { ImagePath = file, Label = @class.Name }));
        }
        if (_files.Count == 0)
            throw new ArgumentException(
                $"The {classes.Count} sub-folders of '{_path}' hold no pictures ({_otherFiles} other and {_hidden} hidden entries). "
                + "Pictures are files that end in .jpg, .jpeg, .png, .bmp, .gif or .webp.",
                "path");
    }

    private void Collect(DirectoryInfo directory, List<string> found, HashSet<string> seen)
    {
        if (!seen.Add(RealPath(directory.FullName)))
            return;
        foreach (FileSystemInfo entry in Visible(directory.FullName))
        {
            if (entry is DirectoryInfo nested)
                Collect(nested, found, seen);
            else if (PictureFile.HasPictureExtension(entry.Name))
                found.Add(entry.FullName);
            else
                _otherFiles++;
        }
    }

    private IEnumerable<FileSystemInfo> Visible(string directory)
    {
        // Sorted, so that of two ways to one folder the same is taken everywhere.
        foreach (FileSystemInfo entry in new DirectoryInfo(directory).GetFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (entry.Name.StartsWith('.') || entry.Attributes.HasFlag(FileAttributes.Hidden))
                _hidden++;
            else
                yield return entry;
        }
    }

    // Resolves the links of every part, because the target of a link is given as it was written.
    private static string RealPath(string path)
    {
        string root = Path.GetPathRoot(path)!;
        string real = root;
        foreach (string part in path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            if (Directory.ResolveLinkTarget(real, returnFinalTarget: true) is { } target)
                real = RealPath(target.FullName);
        }
        return real;
    }
}
