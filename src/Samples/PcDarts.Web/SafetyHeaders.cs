using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace PcDarts.Web;

/// <summary>
/// Headers that every answer has which comes from this program. Before it, Kestrel itself answers what is not HTTP or breaks its limits
/// (400, 408, 414, 431, 505): without a body, and with the connection's end.
/// </summary>
internal sealed class SafetyHeaders : IStartupFilter
{
    // A page of this server's own scripts and pictures alone, in no frame; styles are also inside the drawing of the cells.
    private const string ContentSecurityPolicy =
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'; object-src 'none'";

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, next) =>
        {
            // At the start of the answer: error pages clear what was set before.
            context.Response.OnStarting(Add, context.Response.Headers);
            return next(context);
        });
        // Also for what is refused before the endpoints, such as unknown hosts.
        app.UseStatusCodePages();
        next(app);
    };

    private static Task Add(object state)
    {
        var headers = (IHeaderDictionary)state;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        return Task.CompletedTask;
    }
}
