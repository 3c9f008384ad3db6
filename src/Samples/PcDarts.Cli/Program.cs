using PcDarts.Cli;

using Interruption interruption = new();
return CommandLine.Run(args, interruption);
