using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Tests;

/// <summary>
/// A disk whose n-th operation fails: create, write, sync, rename, delete, or creation or sync of a folder. A write that fails leaves half
/// of its bytes.
/// </summary>
/// <param name="failAt">The operation that fails, from 1; 0 for none.</param>
/// <param name="lasting">Whether all that follow fail too, as on a full disk; else they succeed.</param>
internal class FaultyDisk(int failAt, bool lasting) : Disk
{
    private int _operations;

    /// <summary>The first operation that failed; null while none has.</summary>
    public string? Failed { get; private set; }

    public override Stream Create(string path)
    {
        Step("create", path);
        return new FaultyStream(this, path, new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None));
    }

    public override Stream Open(string path)
    {
        Step("open", path);
        return new FaultyStream(this, path, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
    }

    public override void Sync(Stream file)
    {
        var stream = (FaultyStream)file;
        Step("sync", stream.Path);
        stream.Flush();
        Synced(stream.Path, stream.Content());
    }

    public override void Sync(string path)
    {
        Step("sync", path);
        Synced(path, File.ReadAllBytes(path));
    }

    public override void Move(string from, string to)
    {
        Step("rename", from);
        base.Move(from, to);
    }

    public override void Delete(string path)
    {
        Step("delete", path);
        base.Delete(path);
    }

    public override void CreateDirectory(string path)
    {
        Step("create folder", path);
        base.CreateDirectory(path);
    }

    public override void SyncDirectory(string path) => Step("sync folder", path);

    /// <summary>Told of the content of a file that is now safe.</summary>
    protected virtual void Synced(string path, byte[] content)
    {
    }

    private void Step(string operation, string path, Action? half = null)
    {
        if (++_operations < failAt || failAt == 0 || _operations > failAt && !lasting)
            return;
        half?.Invoke();
        Failed ??= $"{operation} of {Path.GetFileName(path)}";
        throw new IOException($"The {operation} of '{path}' failed, for a test: operation {_operations}.");
    }

    private sealed class FaultyStream(FaultyDisk disk, string path, FileStream file) : Stream
    {
        private int _writes;

        public string Path => path;

        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => file.Length;

        public override long Position { get => file.Position; set => file.Position = value; }

        public byte[] Content()
        {
            byte[] content = new byte[RandomAccess.GetLength(file.SafeFileHandle)];
            _ = RandomAccess.Read(file.SafeFileHandle, content, 0);
            return content;
        }

        public override void Flush() => file.Flush();

        public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void SetLength(long value)
        {
            Count("cut", () => { });
            file.SetLength(value);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            byte[] first = buffer[..(buffer.Length / 2)].ToArray();
            Count("write", () => file.Write(first));
            file.Write(buffer);
        }

        // The first write of a file, the second, the fourth, the eighth and so on stand for all of them.
        private void Count(string operation, Action half)
        {
            if (System.Numerics.BitOperations.IsPow2(++_writes))
                disk.Step(operation, path, half);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                file.Dispose();
            base.Dispose(disposing);
        }
    }
}
