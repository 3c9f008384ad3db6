using System.Net;
using System.Net.Sockets;

namespace PcDarts.Web.Budget;

/// <summary>Who counts as one client: an IPv4 address, or the 64 bits of an IPv6 address that a subscriber has to himself.</summary>
internal static class ClientAddress
{
    private const int PrefixBytes = 8;

    /// <summary>The name of the client at an address; one name for those without.</summary>
    public static string Of(IPAddress? address)
    {
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
            return address.ToString();
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
