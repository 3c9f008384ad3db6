using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts;

public sealed partial class PcDartsTrainer
{
    /// <summary>Options of <see cref="PcDartsTrainer"/>. Presets: <see cref="PcDartsRecipe"/>.</summary>
    /// <remarks>The trainer works on a copy: changing an object after it was passed on has no effect on the trainer.</remarks>
    public sealed class Options
    {
        /// <summary>Name of the label column, a key of any cardinality of 2 or more. Default <c>Label</c>.</summary>
        public string LabelColumnName = DefaultColumnNames.Label;

        /// <summary>Name of the image column, an MLImage of any size. Default <c>Image</c>.</summary>
        public string FeatureColumnName = "Image";

        /// <summary>Name of the output column with the class probabilities. Default <c>Score</c>. With another name, a column <c>Score</c> of the training data is kept, and scored data then needs one too.</summary>
        public string ScoreColumnName = DefaultColumnNames.Score;

        /// <summary>Name of the output column with the predicted key. Default <c>PredictedLabel</c>.</summary>
        public string PredictedLabelColumnName = DefaultColumnNames.PredictedLabel;

        /// <summary>
        /// Name of an output column with what the classifier reads: the last cell's maps, each averaged over the picture, a vector of float32. Other trainers can learn from it. Default null: no such column.
        /// </summary>
        public string? PooledFeaturesColumnName;

        /// <summary>Rows to validate on after each epoch of the final training, with the same columns. Default null: see <see cref="ValidationFraction"/>.</summary>
        public IDataView? ValidationSet;

        /// <summary>
        /// Share of each class held out for validation when <see cref="ValidationSet"/> is null: 0 to 0.5, at most 2,500 pictures in all. 0 holds
        /// nothing out. Default 0.1.
        /// </summary>
        public double ValidationFraction = 0.1;

        /// <summary>Width in pixels that pictures are resized to, 8 to 1024. Default null: chosen from the data, at most <see cref="MaximumImageSize"/>.</summary>
        public int? ImageWidth;

        /// <summary>Height in pixels that pictures are resized to, 8 to 1024. Default null: chosen from the data, at most <see cref="MaximumImageSize"/>.</summary>
        public int? ImageHeight;

        /// <summary>Largest side in pixels that is chosen when width and height are null: 16 to 1024. Default 64.</summary>
        public int MaximumImageSize = 64;

        /// <summary>What to do with a picture that cannot be decoded. Default <see cref="BadImageHandling.Error"/>.</summary>
        public BadImageHandling BadImages = BadImageHandling.Error;

        /// <summary>
        /// Most pixels (width times height) of a picture's file, told from its header before it is decoded: 1 to 2,147,483,647. A larger one counts as a picture that cannot be decoded, see <see cref="BadImages"/>:
        /// a file of a few kilobytes can claim a size that takes gigabytes. It holds where the rows name the file, as after <c>LoadImages</c>; pictures that are in memory are taken as they are. Default
        /// 250,000,000, which no phone's sensor exceeds and which takes 1 GB while it is decoded.
        /// </summary>
        public int MaximumPixels = PictureHeader.DefaultMaximumPixels;

        /// <summary>
        /// Decoded pictures above this many bytes live in a memory-mapped file in <see cref="WorkspacePath"/> instead of in memory: 1 or more.
        /// A limit below one batch is no error, since batches are read from the file as they are needed. Default null: half of the memory that is free.
        /// </summary>
        public long? MemoryLimitBytes;

        /// <summary>
        /// Folder that holds the run: its description, metrics, checkpoints and genotypes, and in the end model.zip, model.onnx and report.html; created when missing. <c>Fit</c> with the folder of an interrupted run, the same options and the same data goes on
        /// where that stopped. On a CPU with the same number of threads its result is the same to the last bit (under a <see cref="TimeBudget"/>, plans follow the clock). Default null: nothing is kept, and
        /// pictures beyond <see cref="MemoryLimitBytes"/> go to the system's folder for temporary files.
        /// </summary>
        /// <remarks>A trainer whose <c>Fit</c> is called again with other data once its run has finished, as by <c>CrossValidate</c>, keeps that run in the folder <c>fold-2</c> inside of this one, the next in <c>fold-3</c>, and
        /// so on. A cross-validation that was interrupted is resumed by the same call: finished folds return their models, the interrupted one continues.</remarks>
        public string? WorkspacePath;

        /// <summary>Time between two checkpoints in <see cref="WorkspacePath"/>, which is what a killed process loses at most; 0 saves one before every step: 0 to a day. Default one minute.</summary>
        public TimeSpan CheckpointInterval = TimeSpan.FromMinutes(1);

        /// <summary>Random seed of splits, weights, augmentation and order. Default null: taken from MLContext's seed. The tensor library's generator belongs to the process, so two runs at the same time disturb each other's.</summary>
        public int? Seed;

        /// <summary>A genotype to train; the search is skipped. Default null: search.</summary>
        public Genotype? Genotype;

        /// <summary>
        /// File of weights that the final training starts from instead of random ones: what <see cref="PcDartsTransformer.SaveWeights"/> or <c>fit</c> wrote, or a state dict of PyTorch. Its genotype, channels,
        /// cells and stem are those of the new network and the search is skipped; a state dict does not say the genotype, so give <see cref="Genotype"/>. The classifier starts anew unless the classes are
        /// the same. Pictures are normalized as the file says. A model.zip will not do: its batch norms are folded into the weights. Default null: from scratch.
        /// </summary>
        public string? InitialModel;

        /// <summary>
        /// Whether the final training changes the classifier alone and leaves everything else as in <see cref="InitialModel"/>, batch norms included: for few pictures, and several times faster. Default
        /// false: all weights are trained on.
        /// </summary>
        public bool FreezeBackbone;

        /// <summary>
        /// File of a supernet that the search starts from instead of a random one: what <see cref="PcDartsRun.SaveSupernet"/> wrote, a checkpoint of a search, or a state dict that PyTorch saved of
        /// <c>Network</c> of the paper's model_search.py. Channels C, K, cells, nodes and stem are the file's, and the network that is trained gets its stem too. α and β are the file's where it holds them, else
        /// they start as usual; the classifier starts anew unless the number of classes is the same. The optimizers, learning rates and warm-up epochs begin as in any search, so with α and β of the file
        /// consider 0 for <see cref="SearchWarmUpEpochs"/>. Not with <see cref="Genotype"/> or <see cref="InitialModel"/>, which skip the search. Default null: from scratch.
        /// </summary>
        public string? InitialSupernet;

        /// <summary>
        /// Time that <c>Fit</c> may take, one second or more. The trainer measures its step times and plans the epochs of search and training so as to end within
        /// it. Results then depend on the speed of the machine. Default null: no limit.
        /// </summary>
        public TimeSpan? TimeBudget;

        /// <summary>Share of the part of <see cref="TimeBudget"/> left after reading that the search may take: 0.05 to 0.9. Default 0.08.</summary>
        public double SearchTimeShare = 0.08;

        /// <summary>
        /// Architectures that are tried after the search: the decoded one, and others drawn with the weights of α and β. Each is trained for a while, the best third anew for three times as long, and the one with
        /// the lowest loss is trained to the end. Fewer are tried where they would get fewer than 20 steps each, and none a second time. 1 tries nothing and trains the decoded one, as the paper's code: 1 to 100. Default 12.
        /// </summary>
        public int SearchCandidates = 12;

        /// <summary>
        /// What trying <see cref="SearchCandidates"/> may take, all together: a share of the steps of <see cref="Epochs"/>, and of what is left of <see cref="TimeBudget"/> after the search. 0.01 to 0.5. Default 0.12.
        /// </summary>
        public double CandidateTimeShare = 0.12;

        /// <summary>
        /// Whether <see cref="InitialChannels"/> and <see cref="Layers"/> are upper limits under a <see cref="TimeBudget"/>: a smaller network is then
        /// trained when the time would allow fewer than 16 passes over the pictures. Default true.
        /// </summary>
        public bool ShrinkNetworkToBudget = true;

        /// <summary>Largest number of training pictures that the search uses (stratified): 4 or more. Default null: all.</summary>
        public int? SearchImages;

        /// <summary>Epochs of the search: 1 to 10,000. Default 20 (paper: 50).</summary>
        public int SearchEpochs = 20;

        /// <summary>Epochs in which only the weights are trained: 0 to <see cref="SearchEpochs"/>−1. Default 6 (paper: 15 of 50).</summary>
        public int SearchWarmUpEpochs = 6;

        /// <summary>Pictures a step of the search, for weights and architecture each: 2 to 8192; all of a half where it has fewer. Default 32 (paper: 256).</summary>
        public int SearchBatchSize = 32;

        /// <summary>Initial learning rate of SGD on the supernet's weights, falling to 0 by half a cosine: above 0. Default 0.1.</summary>
        public double SearchLearningRate = 0.1;

        /// <summary>Learning rate of Adam on α and β (betas 0.5 and 0.999, weight decay 1e-3): above 0. Default 3e-3 (paper: 6e-4 on CIFAR, 6e-3 on ImageNet).</summary>
        public double ArchitectureLearningRate = 3e-3;

        /// <summary>Initial channels C of the supernet: 1 to 1024, divisible by <see cref="PartialChannels"/>. Default 16.</summary>
        public int SearchInitialChannels = 16;

        /// <summary>Cells of the supernet: 1 to 100. Default 5 (paper: 8).</summary>
        public int SearchLayers = 5;

        /// <summary>Nodes of a cell: 1 to 8. Default 4.</summary>
        public int Nodes = 4;

        /// <summary>K: one in K channels takes part in a mixed operation (Xu et al. 2020, section 3.2): 1 to 1024, dividing the channels. Default 4.</summary>
        public int PartialChannels = 4;

        /// <summary>
        /// Most skip connections that a decoded normal cell keeps: 0 to 16. Beyond it, those with the least weight give way to the next best operation of their edge. Cells with many skips train badly
        /// (4 of 8 edges already cost accuracy, 8 some 4 points over 211 published genotypes); 2 is a good limit. Default null: no limit, as in the paper's code.
        /// </summary>
        public int? MaximumSkipConnections;

        /// <summary>Epochs after the warm-up without a change of the decoded genotype after which the search stops: 1 or more. Default null: never.</summary>
        public int? SearchPatience;

        /// <summary>
        /// Whether each epoch of the search after the warm-up measures the dominant eigenvalue of the loss in α, see <see cref="SearchDiagnostics.DominantEigenvalue"/>; it costs up to a hundred steps of the architecture. The result of the
        /// search stays the same. Default false.
        /// </summary>
        public bool EigenvalueDiagnostic;

        /// <summary>How much the pictures of a class count in the loss of both phases. Splits are always stratified. Default: all pictures alike.</summary>
        public ClassWeighting ClassWeighting = ClassWeighting.None;

        /// <summary>Largest number of training pictures that an epoch of the final training visits (stratified, fixed): 2 or more. Default null: all.</summary>
        public int? TrainingImages;

        /// <summary>Epochs of the final training: 1 to 100,000. Default 60 (paper: 600).</summary>
        public int Epochs = 60;

        /// <summary>Pictures a step of the final training: 2 to 8192; all of them where there are fewer. Default 96.</summary>
        public int BatchSize = 96;

        /// <summary>What steps the weights of the final training. Default Muon, which needs fewer passes over the pictures (paper: SGD).</summary>
        public NetworkOptimizer Optimizer = NetworkOptimizer.Muon;

        /// <summary>
        /// Peak learning rate of Muon, on the schedule of <see cref="LearningRate"/>: the most that a step changes the weights of a convolution relative to their norm, above 0. Default 0.02. Without effect
        /// where <see cref="Optimizer"/> is SGD.
        /// </summary>
        public double MuonLearningRate = 0.02;

        /// <summary>Peak learning rate of SGD in the final training, falling to 0 by half a cosine: above 0. Default 0.2 (paper: 0.025).</summary>
        public double LearningRate = 0.2;

        /// <summary>Share of the final training in which the learning rate rises linearly to its peak: 0 to 0.5. Default 0.05 (paper: 0).</summary>
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

        /// <summary>Stem: CIFAR's keeps the size, ImageNet's divides it by 8. Default null: ImageNet's for pictures of 128 pixels and more.</summary>
        public NetworkStem? Stem;

        /// <summary>Weight of the auxiliary head's loss while training: 0 (no head) to 1. Default 0 (paper: 0.4).</summary>
        public double AuxiliaryWeight;

        /// <summary>Drop-path probability at the end of training, rising linearly from 0: 0 to below 1. Default 0 (paper: 0.3).</summary>
        public double DropPathProbability;

        /// <summary>Side in pixels of the square that cutout blanks: 0 (off) to below the pictures' sides. Default 0 (paper: 16).</summary>
        public int CutoutLength;

        /// <summary>Label smoothing ε: 0 to below 1. Default 0.05 (paper: 0 on CIFAR, 0.1 on ImageNet).</summary>
        public double LabelSmoothing = 0.05;

        /// <summary>Padding in pixels of the random crop: 0 (off) to 512, below the pictures' sides. Default null: an eighth of the shorter side (4 at 32×32, as in the paper).</summary>
        public int? CropPadding;

        /// <summary>What the random crop shows beyond the picture. Default <see cref="CropPaddingMode.Reflect"/> (paper: <see cref="CropPaddingMode.Constant"/>).</summary>
        public CropPaddingMode CropPaddingMode = CropPaddingMode.Reflect;

        /// <summary>Mirror pictures left to right, half of the time. Switch off where left and right differ in meaning. Default true.</summary>
        public bool HorizontalFlip = true;

        /// <summary>
        /// Whether <see cref="HorizontalFlip"/> mirrors each picture in every other epoch, instead of by chance in each: both sides are seen equally often. Without effect on the pictures of the
        /// architecture's half, which have no epochs. Default true (paper: false).
        /// </summary>
        /// <remarks>Source: Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU".</remarks>
        public bool AlternateFlips = true;

        /// <summary>
        /// Whether the final training shows smaller pictures at first: 5/8 of the sides for half of the epochs, 3/4 until three quarters, never below 16 pixels. About 1.7 times
        /// as many passes fit into the same time. Default true (paper: false).
        /// </summary>
        public bool ProgressiveResizing = true;

        /// <summary>What compares epochs of the final training, for <see cref="ReturnedWeights"/>, <see cref="OnCancel"/> and <see cref="EarlyStoppingPatience"/>. Default: accuracy.</summary>
        public ValidationMetric ValidationMetric = ValidationMetric.Accuracy;

        /// <summary>
        /// Which epoch's weights a training that ends as planned returns. One that ends early (time budget, early stopping, <see cref="CancelAction.ReturnBest"/>) returns those that validated best, because its
        /// learning rate has not come down. <see cref="TrainingHistory.ReturnedEpoch"/> tells the epoch. Default: the last epoch's.
        /// </summary>
        public ReturnedWeights ReturnedWeights = ReturnedWeights.LastEpoch;

        /// <summary>
        /// Epochs without an improvement of <see cref="ValidationMetric"/> after which the final training stops: 1 or more. Needs pictures held out. A cosine schedule improves most in its last epochs, so
        /// be patient. Default null: never.
        /// </summary>
        public int? EarlyStoppingPatience;

        /// <summary>What counts as an improvement for <see cref="EarlyStoppingPatience"/>: more than this, in the metric's unit: 0 or more. Default 0.</summary>
        public double EarlyStoppingMinimumDelta;

        /// <summary>What cancelling does: throw, or return the best model so far. Default: throw.</summary>
        public CancelAction OnCancel = CancelAction.Throw;

        /// <summary>
        /// Whether both phases compute each cell a second time in the backward pass instead of keeping its intermediate maps: less memory, more time, the same results. Works on the CPU;
        /// without effect on a GPU. Default false.
        /// </summary>
        public bool MemorySaving;

        /// <summary>
        /// Number format of the maps between the layers in both phases; weights, their gradients, statistics, α and β are always float32. Default null: <see cref="TrainingPrecision.BFloat16"/> on
        /// GPUs that compute it (compute capability 8.0 and newer), else <see cref="TrainingPrecision.Float32"/>. A GPU without bf16 refuses <see cref="TrainingPrecision.BFloat16"/>; a CPU takes it with a
        /// warning, because float32 is faster there. The saved model is float32 either way.
        /// </summary>
        public TrainingPrecision? Precision;

        /// <summary>Threads that the tensor library uses on the CPU, in the whole process: 1 to 1024. Default null: the number of physical cores.</summary>
        public int? Threads;

        /// <summary>Time between two reports within an epoch, to <see cref="MetricsCallback"/> and the workspace; 0 reports every step: 0 to a day. Default one second.</summary>
        public TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

        /// <summary>Called once every <see cref="ReportInterval"/> and at the end of each epoch, never by two threads at once: on the thread that called <c>Fit</c>, but on a decoding thread while pictures are read. Exceptions that it throws end <c>Fit</c>. An <see cref="IProgress{T}"/> is given as its <c>Report</c>. Default null.</summary>
        public Action<TrainingProgress>? MetricsCallback;

        /// <summary>Cancels <c>Fit</c>, which then throws <see cref="OperationCanceledException"/>, within a step's time. Default: none.</summary>
        public CancellationToken CancellationToken;

        internal Options Clone() => (Options)MemberwiseClone();
    }
}
