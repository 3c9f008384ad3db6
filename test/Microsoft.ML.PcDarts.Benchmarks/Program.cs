using System.CommandLine;
using Microsoft.ML.PcDarts.Benchmarks;

var root = new RootCommand("Measurements of Microsoft.ML.PcDarts. Each prints one JSON object as its last line.");
root.Subcommands.Add(SearchStepBenchmark.Create("search-step", "Time of a search step: one step of the architecture and one of the weights.", repeats: 5));
root.Subcommands.Add(SearchStepBenchmark.Create("memory", "Peak resident memory of a search step, in a process of its own.", repeats: 2));
return root.Parse(args).Invoke();
