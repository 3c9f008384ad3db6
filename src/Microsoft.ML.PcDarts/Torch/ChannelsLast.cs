using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts.Torch;

/// <summary>Channels-last storage: [N, C, H, W] tensors whose memory lies [N, H, W, C]. Layers keep the layout of their input.</summary>
internal static class ChannelsLast
{
    /// <summary>The same values and shape, stored channels-last.</summary>
    public static Tensor Of(Tensor images) => Map(Pixels(images).contiguous());

    /// <summary>[N, C, H, W] → [N, H, W, C], a view; dense where the map is stored channels-last.</summary>
    public static Tensor Pixels(Tensor map) => map.permute(0, 2, 3, 1);

    /// <summary>[N, H, W, C] → [N, C, H, W], a view.</summary>
    public static Tensor Map(Tensor pixels) => pixels.permute(0, 3, 1, 2);
}
