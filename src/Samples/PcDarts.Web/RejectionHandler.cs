using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;

namespace PcDarts.Web;

/// <summary>
/// Turns what cannot be answered into problem+json with its own status: 400 to 499 where the request is at fault, 503 where the machine is.
/// </summary>
internal sealed partial class RejectionHandler(IProblemDetailsService problems, ServingMetrics metrics,
    ILogger<RejectionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellation)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody reads an answer.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            LogGone();
            return true;
        }
        RejectedException? rejected = exception switch
        {
            RejectedException known => known,
            BadHttpRequestException bad => new RejectedException(bad.StatusCode, "The request cannot be read",
                $"{bad.Message.TrimEnd('.')}; see /openapi/v1.json for what is expected."),
            // What the system says names files and folders: that is for the log.
            IOException or UnauthorizedAccessException or OutOfMemoryException => new RejectedException(
                StatusCodes.Status503ServiceUnavailable, "The server lacks what it needs",
                "Its log says what is missing; send the request again later.")
            {
                RetryAfterSeconds = 30,
            },
            _ => null,
        };
        if (rejected is null)
            return false;
        if (rejected != exception && rejected.Status >= StatusCodes.Status500InternalServerError)
            LogLacking(exception.GetType().Name, exception.Message);
        else
            LogRejected(rejected.Status, rejected.Detail);
        metrics.Rejections.WithLabels($"{rejected.Status}").Inc();
        await WriteAsync(context, rejected);
        return true;
    }

    private async Task WriteAsync(HttpContext context, RejectedException rejected)
    {
        context.Response.StatusCode = rejected.Status;
        if (rejected.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = $"{seconds}";
        var details = new ProblemDetails { Status = rejected.Status, Title = rejected.Title, Detail = rejected.Detail };
        // The service writes nothing when the client accepts no JSON; the message is for people, too.
        if (!await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = details }))
            await context.Response.WriteAsJsonAsync(details, options: null, "application/problem+json", CancellationToken.None);
    }

    [LoggerMessage(LogLevel.Debug, "Answered {Status}: {Detail}")]
    private partial void LogRejected(int status, string detail);

    [LoggerMessage(LogLevel.Debug, "A client went before it had its answer.")]
    private partial void LogGone();

    [LoggerMessage(LogLevel.Error, "Answered 503: {Kind}: {Problem}")]
    private partial void LogLacking(string kind, string problem);
}
