using Microsoft.ML.PcDarts.Images;
using Microsoft.ML.PcDarts.MlNet;

namespace Microsoft.ML.PcDarts;

public sealed partial class PcDartsTrainer
{
    /// <summary>Options of <see cref="PcDartsTrainer"/>. Presets: <see cref="PcDartsRecipe"/>.</summary>
    /// <remarks>The trainer works on a copy: changing an object after it was passed on has no effect on the trainer.</remarks>
    public sealed partial class Options
    {
        /// <summary>Name of the label column, a key of any cardinality of 2 or more. Default <c>Label</c>.</summary>
        public string LabelColumnName = DefaultColumnNames.Label;

        /// <summary>Name of the image column, an MLImage of any size. Default <c>Image</c>.</summary>
        public string FeatureColumnName = "Image";

        /// <summary>
        /// Name of the output column with the class probabilities. Default <c>Score</c>. With another name, a column <c>Score</c> of the
        /// training data is kept, and scored data then needs one too.
        /// </summary>
        public string ScoreColumnName = DefaultColumnNames.Score;

        /// <summary>Name of the output column with the predicted key. Default <c>PredictedLabel</c>.</summary>
        public string PredictedLabelColumnName = DefaultColumnNames.PredictedLabel;

        /// <summary>
        /// Name of an output column with what the classifier reads: the last cell's maps, each averaged over the picture, a vector of
        /// float32. Other trainers can learn from it. Default null: no such column.
        /// </summary>
        public string? PooledFeaturesColumnName;

        /// <summary>
        /// Rows to validate on after each epoch of the final training, with the same columns. Default null: see
        /// <see cref="ValidationFraction"/>.
        /// </summary>
        public IDataView? ValidationSet;

        /// <summary>
        /// Share of each class held out for validation when <see cref="ValidationSet"/> is null: 0 to 0.5, at most 2,500 pictures in all. 0
        /// holds nothing out. Default 0.1.
        /// </summary>
        public double ValidationFraction = 0.1;

        /// <summary>
        /// Width in pixels that pictures are resized to, 8 to 1024. Default null: chosen from the data, at most
        /// <see cref="MaximumImageSize"/>.
        /// </summary>
        public int? ImageWidth;

        /// <summary>
        /// Height in pixels that pictures are resized to, 8 to 1024. Default null: chosen from the data, at most
        /// <see cref="MaximumImageSize"/>.
        /// </summary>
        public int? ImageHeight;

        /// <summary>Largest side in pixels that is chosen when width and height are null: 16 to 1024. Default 64.</summary>
        public int MaximumImageSize = 64;

        /// <summary>Treatment of a picture that cannot be decoded. Default <see cref="BadImageHandling.Error"/>.</summary>
        public BadImageHandling BadImages = BadImageHandling.Error;

        /// <summary>
        /// Most pixels (width times height) of a picture's file, told from its header before it is decoded: 1 to 2,147,483,647. A larger
        /// one counts as a picture that cannot be decoded, see <see cref="BadImages"/>: a file of a few kilobytes can claim a size that
        /// takes gigabytes. It holds where the rows name the file, as after <c>LoadImages</c>; pictures that are in memory are taken as
        /// they are. Default 250,000,000, which no phone's sensor exceeds and which takes 1 GB while it is decoded.
        /// </summary>
        public int MaximumPixels = PictureHeader.DefaultMaximumPixels;

        /// <summary>
        /// Decoded pictures above this many bytes live in a memory-mapped file in <see cref="WorkspacePath"/> instead of in memory: 1 or
        /// more. A limit below one batch is no error, since batches are read from the file as they are needed. Default null: half of the
        /// memory that is free.
        /// </summary>
        public long? MemoryLimitBytes;

        /// <summary>
        /// Folder that holds the run: its description, metrics, checkpoints and genotypes, and in the end model.zip, model.onnx and
        /// report.html; created when missing. <c>Fit</c> with the folder of an interrupted run, the same options and the same data resumes
        /// where that stopped. On a CPU with the same number of threads its result is the same to the last bit (under a
        /// <see cref="TimeBudget"/>, plans follow the clock). Default null: nothing is kept, and pictures beyond
        /// <see cref="MemoryLimitBytes"/> go to the system's folder for temporary files.
        /// </summary>
        /// <remarks>A trainer whose <c>Fit</c> is called again with other data once its run has finished, as by <c>CrossValidate</c>, keeps
        /// that run in the folder <c>fold-2</c> inside of this one, the next in <c>fold-3</c>, and so on. A cross-validation that was
        /// interrupted is resumed by the same call: finished folds return their models, the interrupted one continues.</remarks>
        public string? WorkspacePath;

        /// <summary>
        /// Time between two checkpoints in <see cref="WorkspacePath"/>, which is what a killed process loses at most; 0 saves one before
        /// every step: 0 to a day. Default one minute.
        /// </summary>
        public TimeSpan CheckpointInterval = TimeSpan.FromMinutes(1);

        /// <summary>
        /// Random seed of splits, weights, augmentation and order. Default null: taken from MLContext's seed. The tensor library's
        /// generator belongs to the process, so two runs at the same time disturb each other's.
        /// </summary>
        public int? Seed;

        /// <summary>A genotype to train; the search is skipped. Default null: search.</summary>
        public Genotype? Genotype;

        /// <summary>
        /// Time that <c>Fit</c> may take, one second or more. The trainer measures its step times and plans the epochs of search and
        /// training so as to end within it. Results then depend on the speed of the machine. Default null: no limit.
        /// </summary>
        public TimeSpan? TimeBudget;

        /// <summary>
        /// How much the pictures of a class count in the loss of both phases. Splits are always stratified. Default: all pictures alike.
        /// </summary>
        public ClassWeighting ClassWeighting = ClassWeighting.None;

        /// <summary>Effect of cancelling: throw, or return the best model so far. Default: throw.</summary>
        public CancelAction OnCancel = CancelAction.Throw;

        /// <summary>
        /// Whether both phases compute each cell a second time in the backward pass instead of keeping its intermediate maps: less memory,
        /// more time, the same results. Works on the CPU; without effect on a GPU. Default false.
        /// </summary>
        public bool MemorySaving;

        /// <summary>
        /// Number format of the maps between the layers in both phases; weights, their gradients, statistics, α and β are always float32.
        /// Default null: <see cref="TrainingPrecision.BFloat16"/> on GPUs that compute it (compute capability 8.0 and newer), else
        /// <see cref="TrainingPrecision.Float32"/>. A GPU without bf16 refuses <see cref="TrainingPrecision.BFloat16"/>; a CPU takes it
        /// with a warning, because float32 is faster there. The saved model is float32 either way.
        /// </summary>
        public TrainingPrecision? Precision;

        /// <summary>
        /// Threads that the tensor library uses on the CPU, in the whole process: 1 to 1024. Default null: the number of physical cores.
        /// </summary>
        public int? Threads;

        /// <summary>
        /// Time between two reports within an epoch, to <see cref="MetricsCallback"/> and the workspace; 0 reports every step: 0 to a day.
        /// Default one second.
        /// </summary>
        public TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

        /// <summary>
        /// Called once every <see cref="ReportInterval"/> and at the end of each epoch, never by two threads at once: on the thread that
        /// called <c>Fit</c>, but on a decoding thread while pictures are read. Exceptions that it throws end <c>Fit</c>. An
        /// <see cref="IProgress{T}"/> is given as its <c>Report</c>. Default null.
        /// </summary>
        public Action<TrainingProgress>? MetricsCallback;

        /// <summary>
        /// Cancels <c>Fit</c>, which then throws <see cref="OperationCanceledException"/>, within a step's time. Default: none.
        /// </summary>
        public CancellationToken CancellationToken;

        internal Options Clone() => (Options)MemberwiseClone();
    }
}
