namespace Microsoft.ML.PcDarts;

public sealed partial class PcDartsTrainer
{
    /// <content>The network and its final training.</content>
    public sealed partial class Options
    {
        /// <summary>
        /// File of weights that the final training starts from instead of random ones: what <see cref="PcDartsTransformer.SaveWeights"/> or
        /// <c>fit</c> wrote, or a state dict of PyTorch. Its genotype, channels, cells and stem are those of the new network and the search
        /// is skipped; a state dict does not say the genotype, so give <see cref="Genotype"/>. The classifier starts from random weights
        /// unless the classes are the same. Pictures are normalized as the file says. A model.zip will not do: its batch norms are folded
        /// into the weights. Default null: from scratch.
        /// </summary>
        public string? InitialModel;

        /// <summary>
        /// Whether the final training changes the classifier alone and leaves everything else as in <see cref="InitialModel"/>, batch norms
        /// included: for few pictures, and several times faster. Default false: all weights are trained on.
        /// </summary>
        public bool FreezeBackbone;

        /// <summary>
        /// Whether <see cref="InitialChannels"/> and <see cref="Layers"/> are upper limits under a <see cref="TimeBudget"/>: a smaller
        /// network is then trained when the time would allow fewer than 16 passes over the pictures. Default true.
        /// </summary>
        public bool ShrinkNetworkToBudget = true;

        /// <summary>
        /// Largest number of training pictures that an epoch of the final training visits (stratified, fixed): 2 or more. Default null:
        /// all.
        /// </summary>
        public int? TrainingImages;

        /// <summary>Epochs of the final training: 1 to 100,000. Default 60 (paper: 600).</summary>
        public int Epochs = 60;

        /// <summary>Pictures a step of the final training: 2 to 8192; all of them where there are fewer. Default 96.</summary>
        public int BatchSize = 96;

        /// <summary>
        /// Optimizer of the final training. Default Muon, which needs fewer passes over the pictures (paper: SGD).
        /// </summary>
        public NetworkOptimizer Optimizer = NetworkOptimizer.Muon;

        /// <summary>
        /// Peak learning rate of Muon, on the schedule of <see cref="LearningRate"/>: the most that a step changes the weights of a
        /// convolution relative to their norm, above 0. Default 0.02. Without effect where <see cref="Optimizer"/> is SGD.
        /// </summary>
        public double MuonLearningRate = 0.02;

        /// <summary>
        /// Peak learning rate of SGD in the final training, falling to 0 by half a cosine: above 0. Default 0.2 (paper: 0.025).
        /// </summary>
        public double LearningRate = 0.2;

        /// <summary>
        /// Share of the final training in which the learning rate rises linearly to its peak: 0 to 0.5. Default 0.05 (paper: 0).
        /// </summary>
        public double LearningRateWarmUp = 0.05;

        /// <summary>Momentum of SGD and Muon in both phases: 0 to below 1. Default 0.9.</summary>
        public double Momentum = 0.9;

        /// <summary>Nesterov's form of momentum in the final training. Default true (paper: false).</summary>
        public bool Nesterov = true;

        /// <summary>Weight decay of SGD in both phases: 0 to 1. Default 3e-4. Weights stepped by Muon have a fixed norm instead.</summary>
        public double WeightDecay = 3e-4;

        /// <summary>Largest L2 norm of a step's gradient in both phases; longer ones are scaled down: above 0. Default 5.</summary>
        public double GradientClipNorm = 5;

        /// <summary>Initial channels C of the network: 1 to 1024, even for the ImageNet stem. Default 16 (paper: 36).</summary>
        public int InitialChannels = 16;

        /// <summary>Cells of the network: 1 to 100. Default 8 (paper: 20).</summary>
        public int Layers = 8;

        /// <summary>
        /// Stem: CIFAR's keeps the size, ImageNet's divides it by 8. Default null: ImageNet's for pictures of 128 pixels and more.
        /// </summary>
        public NetworkStem? Stem;

        /// <summary>Weight of the auxiliary head's loss while training: 0 to 1 (0 is no head). Default 0 (paper: 0.4).</summary>
        public double AuxiliaryWeight;

        /// <summary>Drop-path probability at the end of training, rising linearly from 0: 0 to below 1. Default 0 (paper: 0.3).</summary>
        public double DropPathProbability;

        /// <summary>
        /// Side in pixels of the square that cutout blanks: 0 to 1024 (0 is off), below the pictures' sides. Default 0 (paper: 16).
        /// </summary>
        public int CutoutLength;

        /// <summary>Label smoothing ε: 0 to below 1. Default 0.05 (paper: 0 on CIFAR, 0.1 on ImageNet).</summary>
        public double LabelSmoothing = 0.05;

        /// <summary>
        /// Padding in pixels of the random crop: 0 to 512 (0 is off), below the pictures' sides. Default null: an eighth of the shorter
        /// side (4 at 32×32, as in the paper).
        /// </summary>
        public int? CropPadding;

        /// <summary>
        /// Content of the random crop beyond the picture. Default <see cref="CropPaddingMode.Reflect"/> (paper:
        /// <see cref="CropPaddingMode.Constant"/>).
        /// </summary>
        public CropPaddingMode CropPaddingMode = CropPaddingMode.Reflect;

        /// <summary>
        /// Mirror pictures left to right, half of the time. Switch off where left and right differ in meaning. Default true.
        /// </summary>
        public bool HorizontalFlip = true;

        /// <summary>
        /// Whether <see cref="HorizontalFlip"/> mirrors each picture in every other epoch, instead of by chance in each: both sides are
        /// seen equally often. Without effect on the pictures of the architecture's half, which have no epochs. Default true (paper:
        /// false).
        /// </summary>
        /// <remarks>Source: Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU".</remarks>
        public bool AlternateFlips = true;

        /// <summary>
        /// Whether the final training shows smaller pictures at first: 5/8 of the sides for half of the epochs, 3/4 until three quarters,
        /// never below 16 pixels. About 1.7 times as many passes fit into the same time. Default true (paper: false).
        /// </summary>
        public bool ProgressiveResizing = true;

        /// <summary>
        /// Metric that compares epochs of the final training, for <see cref="ReturnedWeights"/>, <see cref="OnCancel"/> and
        /// <see cref="EarlyStoppingPatience"/>. Default: accuracy.
        /// </summary>
        public ValidationMetric ValidationMetric = ValidationMetric.Accuracy;

        /// <summary>
        /// Which epoch's weights a training that ends as planned returns. One that ends early (time budget, early stopping,
        /// <see cref="CancelAction.ReturnBest"/>) returns those that validated best, because its learning rate has not come down.
        /// <see cref="TrainingHistory.ReturnedEpoch"/> tells the epoch. Default: the last epoch's.
        /// </summary>
        public ReturnedWeights ReturnedWeights = ReturnedWeights.LastEpoch;

        /// <summary>
        /// Epochs without an improvement of <see cref="ValidationMetric"/> after which the final training stops: 1 or more. Needs pictures
        /// held out. A cosine schedule improves most in its last epochs, so be patient. Default null: never.
        /// </summary>
        public int? EarlyStoppingPatience;

        /// <summary>
        /// Least improvement that counts for <see cref="EarlyStoppingPatience"/>: more than this, in the metric's unit: 0 or more. Default
        /// 0.
        /// </summary>
        public double EarlyStoppingMinimumDelta;
    }
}
