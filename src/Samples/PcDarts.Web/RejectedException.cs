namespace PcDarts.Web;

/// <summary>A request or a picture that cannot be answered, and what its sender can do.</summary>
/// <param name="status">HTTP status: 400 to 499 where the request is at fault, 500 to 599 where the server is.</param>
/// <param name="title">What is wrong, in short.</param>
/// <param name="detail">The value, what is allowed, and the remedy.</param>
internal sealed class RejectedException(int status, string title, string detail) : Exception(detail)
{
    public int Status => status;

    public string Title => title;

    public string Detail => Message;

    /// <summary>Seconds after which the same request may succeed; null where waiting does not help.</summary>
    public int? RetryAfterSeconds { get; init; }
}
