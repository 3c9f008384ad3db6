using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Microsoft.ML.PcDarts.Tests;

public sealed class PcDartsTrainerOptionsTests
{
    private static readonly MLContext Context = new(seed: 1);

    public static TheoryData<string, Action<PcDartsTrainer.Options>> OutOfRange => new()
    {
        { "LabelColumnName is empty", options => options.LabelColumnName = " " },
        { "ScoreColumnName and PredictedLabelColumnName are both 'Score'", options => options.PredictedLabelColumnName = "Score" },
        { "ValidationFraction 0.6 is out of range; allowed are 0 to 0.5", options => options.ValidationFraction = 0.6 },
        { "ImageWidth and ImageHeight must be set together", options => options.ImageWidth = 32 },
        { "ImageWidth 4 is out of range; allowed are 8 to 1024", options => (options.ImageWidth, options.ImageHeight) = (4, 32) },
        { "TimeBudget 00:00:00.5000000 must be one second or more", options => options.TimeBudget = TimeSpan.FromSeconds(0.5) },
        { "SearchWarmUpEpochs 20 is out of range; allowed are 0 to 19", options => options.SearchWarmUpEpochs = 20 },
        { "SearchInitialChannels 18 must be divisible by PartialChannels 4; use 20 channels or another K.",
            options => options.SearchInitialChannels = 18 },
            { "SearchCandidates 0 is out of range; allowed are 1 to 100", options => options.SearchCandidates = 0 },
        { "CandidateTimeShare 0.6 is out of range; allowed are 0.01 to 0.5", options => options.CandidateTimeShare = 0.6 },
        { "Nodes 0 is out of range; allowed are 1 to 8", options => options.Nodes = 0 },
        { "Epochs 0 is out of range", options => options.Epochs = 0 },
        { "BatchSize 1 is out of range; allowed are 2 to 8192", options => options.BatchSize = 1 },
        { "LearningRate NaN is out of range", options => options.LearningRate = double.NaN },
        { "ArchitectureLearningRate -1 is out of range; it must be a finite number above 0",
            options => options.ArchitectureLearningRate = -1 },
            { "Momentum 1 is out of range; allowed are 0 to below 1", options => options.Momentum = 1 },
        { "DropPathProbability 1 is out of range; allowed are 0 to below 1", options => options.DropPathProbability = 1 },
        { "AuxiliaryWeight 2 is out of range; allowed are 0 to 1", options => options.AuxiliaryWeight = 2 },
        { "Nesterov needs a Momentum above 0", options => options.Momentum = 0 },
        { "Threads 0 is out of range", options => options.Threads = 0 },
        { "Precision 7 is not a value of TrainingPrecision; use Float32 or BFloat16, or leave it null.",
            options => options.Precision = (TrainingPrecision)7 },
            { "BadImages 7 is not a value of BadImageHandling; use Error or Skip.", options => options.BadImages = (BadImageHandling)7 },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void PcDarts_OptionOutOfRange_NamesOptionValueAndRange(string message, Action<PcDartsTrainer.Options> change)
    {
        var options = new PcDartsTrainer.Options();
        change(options);
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => Context.MulticlassClassification.Trainers.PcDarts(options));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Texts of the documentation file, without commas between digits.</summary>
    private static IReadOnlyDictionary<string, string> Documentation { get; } = XDocument
        .Load(Path.ChangeExtension(typeof(PcDartsTrainer).Assembly.Location, ".xml")).Descendants("member")
        .ToDictionary(member => member.Attribute("name")!.Value,
            member => Regex.Replace(Regex.Replace(member.Value, @"\s+", " "), @"(?<=\d),(?=\d{3})", ""));

    public static TheoryData<string> Limited => [.. OptionLimits.All.Keys];

    [Theory]
    [MemberData(nameof(Limited))]
    public void Limits_OfEveryOption_AreDocumented(string option)
        => Assert.Contains(
            OptionLimits.All[option].ToString(),
            Documentation[$"F:{typeof(PcDartsTrainer).FullName}.Options.{option}"],
            StringComparison.Ordinal);

    [Fact]
    public void Limits_NumericOptions_AllHaveThem()
    {
        Type[] numbers = [typeof(int), typeof(int?), typeof(long?), typeof(double), typeof(double?)];
        string[] numeric =
        [
            .. typeof(PcDartsTrainer.Options).GetFields().Where(field => numbers.Contains(field.FieldType)).Select(field => field.Name),
        ];
        // Any number is a seed, and the warm-up is limited by the epochs.
        Assert.Equal(
            [nameof(PcDartsTrainer.Options.SearchWarmUpEpochs), nameof(PcDartsTrainer.Options.Seed)],
            numeric.Except(OptionLimits.All.Keys).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void PcDarts_EveryRecipe_IsValid()
    {
        foreach (PcDartsTrainer.Options recipe in (PcDartsTrainer.Options[])[PcDartsRecipe.Default(), PcDartsRecipe.Tiny(),
            PcDartsRecipe.PaperCifar()])
            Assert.NotNull(Context.MulticlassClassification.Trainers.PcDarts(recipe));
    }

    [Fact]
    public void PcDarts_OptionsChangedAfterwards_TrainerKeepsItsCopy()
    {
        var options = new PcDartsTrainer.Options { LabelColumnName = "Kind" };
        PcDartsTrainer trainer = Context.MulticlassClassification.Trainers.PcDarts(options);
        options.LabelColumnName = "Label";
        IDataView data = Context.Data.LoadFromEnumerable([new { Other = 1 }]);
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(data));
        Assert.Contains("'Kind'", error.Message, StringComparison.Ordinal);
    }
}
