using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace PcDarts.Web;

/// <summary>
/// Names by which requests may call the server. One that listens on the loopback only is asked by that name only, unless AllowedHosts says
/// otherwise: a page elsewhere whose name is made to lead to the loopback (DNS rebinding) gets no answer.
/// </summary>
internal static class KnownHosts
{
    private const string Key = "AllowedHosts";
    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Sets AllowedHosts where it is not set and every address is one of the loopback.</summary>
    public static void SetDefault(IConfigurationManager configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration[Key]) && Addresses(configuration).All(IsLoopback))
            configuration[Key] = string.Join(';', Loopback);
    }

    // None stands for Kestrel's default, http://localhost:5000.
    private static IEnumerable<string> Addresses(IConfiguration configuration) =>
    [
        .. (configuration["urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        .. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? "*"),
        .. new[] { "http_ports", "https_ports" }.Where(name => !string.IsNullOrWhiteSpace(configuration[name])).Select(_ => "*"),
    ];

    private static bool IsLoopback(string url)
    {
        if (!url.Contains("://", StringComparison.Ordinal))
            return false;
        try
        {
            string host = BindingAddress.Parse(url).Host.Trim('[', ']');
            return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
                || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
        }
        catch (FormatException)
        {
            return false; // the server says what is wrong when it listens
        }
    }
}
