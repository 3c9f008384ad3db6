using System.Globalization;
using Microsoft.ML.PcDarts.MlNet;
using Microsoft.ML.PcDarts.Platform;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PcDarts.Images;

/// <summary>The pictures found under a folder of class folders, and what was left out.</summary>
internal sealed class ImageFolder
{
    private const string PathParameter = "path";
    private const int NamesToShow = 10;

    private readonly string _path;
    private readonly List<ImageFile> _files = [];
    private readonly List<string> _emptyClasses = [];
    private readonly Dictionary<string, int> _classes = [];
    private readonly SkippedFiles _leftOut = new();
    private int _withoutClass;

    private ImageFolder(string path) => _path = path;

    /// <summary>The pictures, ordinally sorted by class and by path within it.</summary>
    public IReadOnlyList<ImageFile> Files => _files;

    /// <summary>Hidden files and folders left out, and those that systems make for themselves.</summary>
    public int Hidden => _leftOut.Hidden;

    /// <summary>Files of other kinds left out.</summary>
    public int OtherFiles => _leftOut.Others;

    /// <summary>Pictures left out because they lie in no class folder.</summary>
    public int WithoutClass => _withoutClass;

    /// <summary>Lists the folder.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="ArgumentException">There are no classes or no pictures, the classes lie at another level, or the name of
    /// one is not UTF-8.</exception>
    public static ImageFolder Scan(string path)
    {
        ImageFolder folder = new(FullPath(path, "one sub-folder a class"));
        folder.ScanRoot();
        return folder;
    }

    /// <summary>The full path of a folder that exists.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="needed">What it should hold, for the message.</param>
    public static string FullPath(string path, string needed)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Directory.Exists(full))
            return full;
        if (!File.Exists(full))
            throw new DirectoryNotFoundException($"The folder '{full}' does not exist.");
        string archive = PictureFile.IsArchive(full) ? " Unpack it first, and name the folder." : "";
        throw new DirectoryNotFoundException($"'{full}' is a file; a folder with {needed} is needed.{archive}");
    }

    /// <summary>Logs what was found and left out.</summary>
    public void Report(IChannel log)
    {
        log.Info(
            MessageSensitivity.UserData,
            "{0} pictures of {1} classes in {2}. Left out: {3} hidden files or folders, {4} files that are no pictures, "
                + "{5} links to what is listed already.",
            _files.Count,
            _classes.Count,
            _path,
            Hidden,
            OtherFiles,
            _leftOut.RepeatedLinks);
        if (_withoutClass > 0)
            log.Warning(MessageSensitivity.UserData, "Left out: {0} in {1} itself, of no class.",
                Shown.Count(_withoutClass, "picture", "pictures"), _path);
        if (_emptyClasses.Count > 0)
            log.Warning(MessageSensitivity.UserData, "These folders hold no pictures and become no classes: {0}.",
                Shown.Some(_emptyClasses, NamesToShow));
        foreach (string warning in _leftOut.Warnings(group => _classes.GetValueOrDefault(group)))
            log.Warning(MessageSensitivity.UserData, "{0}", warning);
    }

    private void ScanRoot()
    {
        List<FileSystemInfo> classes = [], unusable = [];
        foreach (FileSystemInfo entry in new PictureWalk(_leftOut).Entries(_path, unusable.Add))
        {
            if (entry is DirectoryInfo directory)
                classes.Add(directory);
            else if (PictureFile.HasPictureExtension(entry.Name))
                _withoutClass++;
            else if (FileType.ProblemOf(entry.FullName) is { } problem && FileType.IsMissing(problem))
                _leftOut.DeadLink(entry.FullName);
            else
                _leftOut.Other("", entry.Name);
        }
        CheckNames(unusable);
        if (classes.Count == 0)
            throw new ArgumentException(
                $"The folder '{_path}' has no sub-folders{(_withoutClass > 0 ? $" ({_withoutClass} pictures lie in it directly)" : "")}. "
                + "Put the pictures of each class into a sub-folder named after the class.",
                PathParameter);

        foreach (FileSystemInfo @class in classes)
        {
            IReadOnlyList<string> found = new PictureWalk(_leftOut).Collect(@class.FullName, @class.Name);
            if (found.Count == 0)
                _emptyClasses.Add(Shown.Name(@class.Name));
            else
                _classes.Add(@class.Name, found.Count);
            _files.AddRange(found.Select(file => new ImageFile { ImagePath = file, Label = @class.Name }));
        }
        if (_files.Count == 0)
            throw new ArgumentException(
                $"The {classes.Count} sub-folders of '{_path}' hold no pictures ({OtherFiles} other and {Hidden} hidden entries). "
                + $"Pictures are files that end in {PictureFile.ExtensionList}. {string.Join(" ", _leftOut.Warnings(_ => 0))}".TrimEnd(),
                PathParameter);
        FolderLevel.Check(_path, _files);
    }

    // A class that vanished would not be missed before the first wrong prediction, so this is an error.
    private void CheckNames(List<FileSystemInfo> unusable)
    {
        foreach (FileSystemInfo file in unusable.Where(entry => entry is not DirectoryInfo))
            _leftOut.UnreadableName(file.FullName);
        string[] folders = [.. unusable.OfType<DirectoryInfo>().Select(folder => $"'{Shown.Name(folder.Name)}'")];
        if (folders.Length > 0)
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                    $"'{_path}' has {Shown.Count(folders.Length, "sub-folder", "sub-folders")} with names outside UTF-8, "
                        + $"which cannot be opened: {Shown.Some(folders, NamesToShow)}. {SkippedFiles.RenameRemedy}"),
                PathParameter);
    }
}
