using PcDarts.Web;

return CommandLine.Run(args);
