using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace PcDarts.Web.Budget;

/// <summary>The limits that Kestrel keeps: connections, rates, and what it holds in memory for each connection.</summary>
internal static class ConnectionLimits
{
    // Kestrel's own buffer of what a connection sends, by default 1 MB: less stops senders too often on a busy machine, more adds up.
    private const int BufferBytes = 256 * 1024;
    private static readonly TimeSpan RateGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HeadersTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    public static void Apply(KestrelServerOptions kestrel, ServingOptions options)
    {
        kestrel.AddServerHeader = false;
        KestrelServerLimits limits = kestrel.Limits;
        // Bodies beyond the limit are refused by their announced length; a few times as much is still taken in and dropped, so that senders
        // get to read why.
        limits.MaxRequestBodySize = 4 * options.MaxRequestBytes;
        limits.MinRequestBodyDataRate = options.MinBytesPerSecond > 0 ? new MinDataRate(options.MinBytesPerSecond, RateGrace) : null;
        limits.MaxRequestBufferSize = BufferBytes;
        limits.RequestHeadersTimeout = HeadersTime;
        limits.KeepAliveTimeout = IdleTime;
        // The connections bound what is in memory: one request each.
        kestrel.ConfigureEndpointDefaults(endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.Use(next => connection => CountAsync(connection, next,
                endpoint.ApplicationServices.GetRequiredService<ServingBudget>()));
        });
    }

    private static async Task CountAsync(ConnectionContext connection, ConnectionDelegate next, ServingBudget budget)
    {
        string client = ClientAddress.Of((connection.RemoteEndPoint as IPEndPoint)?.Address);
        // Too many: Kestrel closes what is not passed on. An answer would cost more than the connection.
        if (!budget.TryConnect(client))
            return;
        try
        {
            await next(connection);
        }
        finally
        {
            budget.Disconnect(client);
        }
    }
}
