using System.CommandLine;
using Microsoft.ML.PcDarts.Benchmarks;
using Microsoft.ML.PcDarts.Platform;

var root = new RootCommand("Measurements of Microsoft.ML.PcDarts. Each prints one JSON object as its last line.");
root.Subcommands.Add(SearchStepBenchmark.Create());
root.Subcommands.Add(TrainStepBenchmark.Create());
root.Subcommands.Add(PredictBenchmark.Create());
root.Subcommands.Add(MemoryBenchmark.Create());
root.Subcommands.Add(PrecisionBenchmark.Create());
root.Subcommands.Add(RecordedBenchmark.Create());
root.Subcommands.Add(LoadBenchmark.Create());
root.Subcommands.Add(ScalingBenchmark.Create());
root.Subcommands.Add(SpeedBenchmark.Create());
root.Subcommands.Add(CheckpointBenchmark.Create());
root.Subcommands.Add(OnnxBenchmark.Create());
root.Subcommands.Add(TransferBenchmark.Create());
root.Subcommands.Add(ServeBenchmark.Create());
root.Subcommands.Add(ServeAbuseBenchmark.Create());

// As in Fit.
using var memory = new KeptMemory();
return root.Parse(args).Invoke();
