namespace PcDarts.Web.Models;

/// <summary>Holds the model that answers, and takes over the file when it changes. A model that was replaced ends with its last request.</summary>
internal sealed class ModelHost : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lock _reloading = new();
    private Entry _current;
    private string? _refused; // hash of the content that was tried last and is no model
    private volatile string? _problem;

    private ModelHost(string path, ServedModel model)
    {
        Path = path;
        _current = new Entry(model);
    }

    /// <summary>Full path of the model.zip.</summary>
    public string Path { get; }

    /// <summary>Why the file that is there now does not answer; null when it does.</summary>
    public string? Problem => _problem;

    /// <summary>Loads the first model.</summary>
    /// <exception cref="StartException">It is missing or broken.</exception>
    public static ModelHost Open(string path)
    {
        string fullPath = System.IO.Path.GetFullPath(path);
        try
        {
            return new ModelHost(fullPath, ServedModel.Load(File.ReadAllBytes(fullPath), fullPath));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StartException($"The model '{fullPath}' does not exist. Give the path of a model.zip: --model MODEL.zip.");
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new StartException(exception.Message);
        }
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
    /// <exception cref="InvalidDataException">The new content is no model; the old model goes on.</exception>
    /// <exception cref="IOException">The file cannot be read; the old model goes on.</exception>
    /// <returns>Whether another model answers now.</returns>
    public bool Reload()
    {
        lock (_reloading)
        {
            try
            {
                byte[] zip = File.ReadAllBytes(Path);
                string hash = ServedModel.Hash(zip);
                if (hash == _refused)
                    return false;
                bool changed = hash != _current.Model.Sha256;
                _refused = hash;
                if (changed)
                    Replace(ServedModel.Load(zip, Path));
                (_problem, _refused) = (null, null);
                return changed;
            }
            catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                _problem = exception.Message;
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
    internal sealed class Entry(ServedModel model)
    {
        public ServedModel Model => model;

        public int Users { get; set; } = 1;
    }

    /// <summary>The right to use a model.</summary>
    internal sealed class Lease(ModelHost host, Entry entry) : IDisposable
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
