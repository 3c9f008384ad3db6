using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PcDarts.Web.Models;

/// <summary>
/// Has the model file taken over when it changes: at once where the file system reports changes, and at an interval everywhere.
/// </summary>
internal sealed partial class ModelWatcher(ModelHost host, ServingOptions options, ServingMetrics metrics,
    ILogger<ModelWatcher> logger) : BackgroundService
{
    // A file that is being written changes many times; a model is looked at when it has been quiet for so long.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim _changed = new(0, 1);

    public override void Dispose()
    {
        base.Dispose();
        _changed.Dispose();
    }

    // A thread of its own: requests in tight loops can keep the pool from ever starting what is queued behind them.
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => Task.Factory.StartNew(() => Follow(stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Follow(CancellationToken stoppingToken)
    {
        using FileSystemWatcher? watcher = Watch();
        (long Length, DateTime Written) seen = Stamp();
        string? told = null;
        using (ModelHost.Lease lease = host.Use())
            metrics.Show(lease.Model.Sha256);
        while (!stoppingToken.IsCancellationRequested)
        {
            bool reported = _changed.Wait(TimeSpan.FromSeconds(options.ReloadSeconds), stoppingToken);
            while (reported && _changed.Wait(Quiet, stoppingToken))
            {
            }
            (long, DateTime) now = Stamp();
            if (!reported && now == seen && host.Problem is null)
                continue;
            seen = now;
            told = Reload(told);
        }
    }

    private string? Reload(string? told)
    {
        try
        {
            if (host.Reload())
            {
                using ModelHost.Lease lease = host.Use();
                metrics.Reloads.WithLabels("loaded").Inc();
                metrics.Show(lease.Model.Sha256);
                LogLoaded(host.Path, lease.Model.Sha256);
            }
        }
        catch (Exception exception) when (ModelHost.IsRefusal(exception))
        {
            if (told != host.Problem)
            {
                metrics.Reloads.WithLabels("refused").Inc();
                LogRefused(ModelHost.Describe(host.Path, exception));
            }
        }
        return host.Problem;
    }

    private FileSystemWatcher? Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(host.Path)!, Path.GetFileName(host.Path));
            watcher.Changed += (_, _) => Signal();
            watcher.Created += (_, _) => Signal();
            watcher.Renamed += (_, _) => Signal();
            watcher.Deleted += (_, _) => Signal();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotWatched(exception.Message, options.ReloadSeconds);
            return null;
        }
    }

    private void Signal()
    {
        try
        {
            _changed.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
            // The change before has not been looked at yet, or the server ends.
        }
    }

    // Of what the name leads to, links followed.
    private (long Length, DateTime Written) Stamp()
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(host.Path,
                share: FileShare.ReadWrite | FileShare.Delete);
            return (RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (-1, default);
        }
    }

    [LoggerMessage(LogLevel.Information, "Took over {Path}, SHA-256 {Sha256}.")]
    private partial void LogLoaded(string path, string sha256);

    [LoggerMessage(LogLevel.Error, "The old model stays: {Problem}")]
    private partial void LogRefused(string problem);

    [LoggerMessage(LogLevel.Warning,
        "The system does not report changes of the model ({Reason}); it is looked at every {Seconds} seconds.")]
    private partial void LogNotWatched(string reason, int seconds);
}
