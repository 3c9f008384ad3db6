using static TorchSharp.torch;

namespace Microsoft.ML.PcDarts;

/// <summary>Channels-last storage: [N, C, H, W] tensors whose memory lies [N, H, W, C]. Layers keep the layout of their input.</summary>
internal static class ChannelsLast
{
    /// <summary>The same values and shape, stored channels-last.</summary>
    internal static Tensor Of(Tensor images) => images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}
