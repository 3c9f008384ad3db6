namespace PcDarts.Web.Models;

/// <summary>
/// Holds the model that answers, and takes over the file when it changes. A model that was replaced ends with its last request.
/// </summary>
internal sealed class ModelHost : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lock _reloading = new();
    private readonly long _maxBytes;
    private Entry _current;
    private string? _refused; // hash of the content that was tried last and is no model
    private volatile string? _problem;

    private ModelHost(string path, long maxBytes, ServedModel model)
    {
        Path = path;
        _maxBytes = maxBytes;
        _current = new Entry(model);
    }

    /// <summary>Full path of the model.zip.</summary>
    public string Path { get; }

    /// <summary>Why the file that is there now does not answer, without names of files and folders; null when it does.</summary>
    public string? Problem => _problem;

    /// <summary>Loads the first model.</summary>
    /// <param name="path">The model.zip.</param>
    /// <param name="maxBytes">Most bytes that it may have, and unpack to.</param>
    /// <exception cref="StartException">It is missing or broken, or cannot be unpacked.</exception>
    public static ModelHost Open(string path, long maxBytes)
    {
        string fullPath = System.IO.Path.GetFullPath(path);
        try
        {
            return new ModelHost(fullPath, maxBytes, ServedModel.Load(Read(fullPath, maxBytes), maxBytes));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StartException($"The model '{fullPath}' does not exist. Give the path of a model.zip: --model MODEL.zip.");
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            throw new StartException(Describe(fullPath, exception));
        }
    }

    /// <summary>Whether an exception of <see cref="Reload"/> tells why a file cannot be used.</summary>
    public static bool IsRefusal(Exception exception)
        => exception is InvalidDataException or IOException or UnauthorizedAccessException or OutOfMemoryException;

    /// <summary>Says for the log why a file cannot be used.</summary>
    public static string Describe(string path, Exception exception) => exception switch
    {
        InvalidDataException => $"'{path}' is not a complete PC-DARTS model: {exception.Message}",
        OutOfMemoryException => $"The model '{path}' does not fit into the memory: {exception.Message}",
        _ => $"The model '{path}' cannot be read: {exception.Message}",
    };

    // Who asks for the state of the server learns neither where its files are nor what the system calls them.
    private static string DescribePublicly(Exception exception) => exception switch
    {
        InvalidDataException when exception.Message.Contains('/', StringComparison.Ordinal)
            || exception.Message.Contains('\\', StringComparison.Ordinal) => "The file is not a complete PC-DARTS model; the log says why.",
        InvalidDataException => $"The file is not a complete PC-DARTS model: {exception.Message}",
        FileNotFoundException or DirectoryNotFoundException => "The file is missing.",
        OutOfMemoryException => "The model does not fit into the memory.",
        _ => "The file cannot be read or unpacked; the log says why.",
    };

    private static byte[] Read(string path, long maxBytes)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > maxBytes)
            throw new InvalidDataException($"it has {file.Length} bytes; at most {maxBytes} are read");
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    /// <summary>The current model, which stays usable until the lease is disposed.</summary>
    public Lease Use()
    {
        lock (_gate)
        {
            _current.Users++;
            return new Lease(this, _current);
        }
    }

    /// <summary>Takes the file over if its content is new.</summary>
    /// <exception cref="InvalidDataException">The new content is no model; the old model stays.</exception>
    /// <exception cref="IOException">The file cannot be read or unpacked; the old model stays.</exception>
    /// <returns>Whether another model answers now.</returns>
    public bool Reload()
    {
        lock (_reloading)
        {
            try
            {
                byte[] zip = Read(Path, _maxBytes);
                string hash = ServedModel.Hash(zip);
                if (hash == _refused)
                    return false;
                bool changed = hash != _current.Model.Sha256;
                _refused = hash;
                if (changed)
                    Replace(ServedModel.Load(zip, _maxBytes));
                (_problem, _refused) = (null, null);
                return changed;
            }
            catch (Exception exception) when (IsRefusal(exception))
            {
                _problem = DescribePublicly(exception);
                // What the machine lacks now it may have later.
                if (exception is not InvalidDataException)
                    _refused = null;
                throw;
            }
        }

        void Replace(ServedModel model)
        {
            Entry old;
            lock (_gate)
                (old, _current) = (_current, new Entry(model));
            Release(old);
        }
    }

    public void Dispose() => Release(_current);

    private void Release(Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Users > 0)
                return;
        }
        entry.Model.Dispose();
    }

    /// <summary>A model and the number of its users, this host among them as long as it is current.</summary>
    public sealed class Entry(ServedModel model)
    {
        public ServedModel Model => model;

        public int Users { get; set; } = 1;
    }

    /// <summary>The right to use a model.</summary>
    public sealed class Lease(ModelHost host, Entry entry) : IDisposable
    {
        private Entry? _entry = entry;

        public ServedModel Model { get; } = entry.Model;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _entry, null) is { } held)
                host.Release(held);
        }
    }
}
