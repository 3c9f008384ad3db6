using Prometheus;

namespace PcDarts.Web;

/// <summary>The metrics of /metrics besides those of HTTP requests.</summary>
internal sealed class ServingMetrics
{
    private static readonly double[] Seconds = Histogram.ExponentialBuckets(0.0005, 2, 14);
    private readonly Gauge _model;

    public ServingMetrics()
    {
        IMetricFactory factory = Metrics.WithCustomRegistry(Registry);
        DotNetStats.Register(Registry);
        Predictions = factory.CreateCounter("pcdarts_predictions_total", "Pictures answered, by the likeliest class.", ["label"]);
        Rejections = factory.CreateCounter("pcdarts_rejections_total",
            "Pictures and requests that were refused, by HTTP status.", ["status"]);
        Reloads = factory.CreateCounter("pcdarts_model_reloads_total",
            "New model files, by what became of them: loaded or refused.", ["outcome"]);
        ConnectionsRefused = factory.CreateCounter("pcdarts_connections_refused_total",
            "Connections that were closed because there were too many.");
        _model = factory.CreateGauge("pcdarts_model_info", "1 for the model that answers.", ["sha256"]);
        Decoding = factory.CreateHistogram("pcdarts_decoding_seconds", "Time to decode a picture.",
            new HistogramConfiguration { Buckets = Seconds });
        Scoring = factory.CreateHistogram("pcdarts_scoring_seconds", "Time from a decoded picture to its probabilities.",
            new HistogramConfiguration { Buckets = Seconds });
    }

    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    public Counter Predictions { get; }

    public Counter Rejections { get; }

    public Counter Reloads { get; }

    public Counter ConnectionsRefused { get; }

    public Histogram Decoding { get; }

    public Histogram Scoring { get; }

    /// <summary>Makes a model the one that answers.</summary>
    public void Show(string sha256)
    {
        foreach (string[] old in _model.GetAllLabelValues())
            _model.RemoveLabelled(old);
        _model.WithLabels(sha256).Set(1);
    }
}
