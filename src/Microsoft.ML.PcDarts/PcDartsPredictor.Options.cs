using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.Scoring;

namespace Microsoft.ML.PcDarts;

public sealed partial class PcDartsPredictor
{
    /// <summary>Options of <see cref="PcDartsPredictor"/>.</summary>
    /// <remarks>The predictor copies what it needs: changing an object after it was passed on has no effect.</remarks>
    public sealed class Options
    {
        /// <summary>
        /// Pictures that the network runs together: 1 to 4096. Default null: measured while the first pictures are scored, among 1, 2, 4 …
        /// 64. On the CPU a few pictures are usually fastest; the results do not depend on it beyond float rounding.
        /// </summary>
        public int? BatchSize;

        /// <summary>Batches that are decoded and scored at the same time, one thread each, over all callers: 1 to 1024. Default null: one
        /// per physical core.</summary>
        public int? Threads;

        /// <summary>The handling of a file that cannot be decoded: stop with an error that names it, or continue and say so in its
        /// <see cref="PcDartsPrediction.Error"/>. Default <see cref="BadImageHandling.Error"/>.</summary>
        public BadImageHandling BadImages = BadImageHandling.Error;

        /// <summary>
        /// Most pixels (width times height) of a picture's file, told from its header before it is decoded: 1 to 2,147,483,647. A larger
        /// one counts as a file that cannot be decoded, see <see cref="BadImages"/>. Pictures that are in memory are taken as they are.
        /// Default 250,000,000, which no phone's sensor exceeds and which takes 1 GB while it is decoded; lower it where strangers choose
        /// the pictures.
        /// </summary>
        public int MaximumPixels = PictureHeader.DefaultMaximumPixels;

        /// <summary>
        /// CUDA device to score on, 0 for the first; it needs the package Microsoft.ML.OnnxRuntime.Gpu. Default null: the CPU.
        /// </summary>
        public int? GpuDeviceId;

        /// <summary>Whether the CPU is used when the GPU of <see cref="GpuDeviceId"/> cannot be. Default false: an error.</summary>
        public bool FallbackToCpu;

        internal ScoringSettings Validate()
        {
            if (BatchSize is < 1 or > 4096)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(BatchSize), $"BatchSize {BatchSize} must be from 1 to 4096, or null to have it measured.");
            }

            if (Threads is < 1 or > 1024)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(Threads), $"Threads {Threads} must be from 1 to 1024, or null for one per physical core.");
            }

            if (!Enum.IsDefined(BadImages))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(BadImages),
                    $"BadImages {BadImages} must be {nameof(BadImageHandling.Error)} or {nameof(BadImageHandling.Skip)}.");
            }

            if (MaximumPixels < 1)
                throw new ArgumentOutOfRangeException(nameof(MaximumPixels), $"MaximumPixels {MaximumPixels} must be 1 or more.");
            if (GpuDeviceId < 0)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(GpuDeviceId), $"GpuDeviceId {GpuDeviceId} must be 0 or more, or null for the CPU.");
            }

            return new ScoringSettings
            {
                BatchSize = BatchSize,
                Threads = Threads,
                GpuDeviceId = GpuDeviceId,
                FallbackToCpu = FallbackToCpu,
            };
        }
    }
}
