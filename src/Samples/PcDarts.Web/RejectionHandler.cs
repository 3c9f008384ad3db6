using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace PcDarts.Web;

/// <summary>Turns what cannot be answered into problem+json with its own status.</summary>
internal sealed class RejectionHandler(IProblemDetailsService problems, ServingMetrics metrics) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellation)
    {
        RejectedException? rejected = exception switch
        {
            RejectedException known => known,
            BadHttpRequestException bad => new RejectedException(bad.StatusCode, "The request cannot be read", $"{bad.Message.TrimEnd('.')}; see /openapi/v1.json for what is expected."),
            _ => null,
        };
        if (rejected is null)
            return false;
        metrics.Rejections.WithLabels($"{rejected.Status}").Inc();
        await WriteAsync(context, problems, rejected.Status, rejected.Title, rejected.Detail);
        return true;
    }

    public static async Task WriteAsync(HttpContext context, IProblemDetailsService problems, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        var details = new ProblemDetails { Status = status, Title = title, Detail = detail };
        // The service writes nothing when the client accepts no JSON; the message is for people, too.
        if (!await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = details }))
            await context.Response.WriteAsJsonAsync(details, options: null, "application/problem+json", CancellationToken.None);
    }
}
