namespace PcDarts.Web;

/// <summary>Something that keeps the server from starting and that the user can put right; its message is all that is shown.</summary>
internal sealed class StartException(string message) : Exception(message);
