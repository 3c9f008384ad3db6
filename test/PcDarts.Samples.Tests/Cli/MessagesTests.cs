using Microsoft.ML;
using Microsoft.ML.PcDarts;
using PcDarts.Cli;
using PcDarts.Cli.Commands;
using PcDarts.Cli.Rendering;

namespace PcDarts.Samples.Tests.Cli;

public sealed class MessagesTests
{
    [Theory]
    [InlineData("ValidationFraction 0.9 is out of range; allowed are 0 to 0.5.",
        "--validation-fraction 0.9 is out of range; allowed are 0 to 0.5.")]
    [InlineData("GpuDeviceId 9 cannot be used: none. Set FallbackToCpu to true to train on the CPU instead.",
        "--gpu 9 cannot be used: none. Leave --gpu out to train on the CPU.")]
    [InlineData("or set BadImages to BadImageHandling.Skip to leave such pictures out.",
        "or give --skip-bad-images to leave such pictures out.")]
    [InlineData("is missing. Give the folder that Options.WorkspacePath ('fit --out') named.",
        "is missing. Give the folder that 'fit --out' named.")]
    [InlineData("differs: Seed is 1 in the workspace, 2 now; Epochs is 3 in the workspace, 4 now",
        "differs: --seed is 1 in the workspace, 2 now; Epochs is 3 in the workspace, 4 now")]
    [InlineData("InitialModel 'Seed/w.pth' does not say its genotype; give it as Genotype.",
        "--initial-model 'Seed/w.pth' does not say its genotype; give it as --genotype.")]
    [InlineData("Raise TimeBudget or SearchTimeShare, or give a Genotype.",
        "Raise --time-budget or SearchTimeShare, or give a --genotype.")]
    [InlineData("Mean and StandardDeviation must be 3 numbers each", "--mean and --std must be 3 numbers each")]
    [InlineData("Genotype in Python notation, character 3: wrong.", "Genotype in Python notation, character 3: wrong.")]
    [InlineData("The picture '/data/Seed/BadImages.png' is cut short; of class 'TimeBudget'.",
        "The picture '/data/Seed/BadImages.png' is cut short; of class 'TimeBudget'.")]
    public void Of_MessageOfTheLibrary_SpeaksOfFlags(string library, string here) => Assert.Equal(here, Messages.Of(library));

    [Fact]
    public void Of_ArgumentException_LeavesItsParameterOut() =>
        Assert.Equal("--time-budget is short.", Messages.Of(new ArgumentException("TimeBudget is short.", "options")));

    [Fact]
    public void Of_UserException_StaysAsItIs() => Assert.Equal("class TimeBudget", Messages.Of(new UserException("class TimeBudget")));

    [Fact]
    public void Flags_NameMembersThatExist()
    {
        HashSet<string> members =
        [
            .. typeof(PcDartsTrainer.Options).GetFields().Select(field => field.Name),
            .. typeof(PcDartsWeightsOptions).GetProperties().Select(property => property.Name), nameof(MLContext.GpuDeviceId),
        ];
        string help = CliProcess.Run("fit", "--help").Output + CliProcess.Run("import", "--help").Output;

        Assert.All(FitCommand.Flags.Keys, name => Assert.Contains(name, members));
        Assert.All(FitCommand.Flags.Values, flag => Assert.Contains($"{flag} ", help, StringComparison.Ordinal));
    }
}
