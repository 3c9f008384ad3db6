namespace Microsoft.ML.PcDarts.Tests.Rooms;

/// <summary>A room of the library: a folder whose types have one topic.</summary>
/// <param name="Name">Folder with dots for slashes, such as <c>Training.Search</c>; <see cref="Root"/> for the library's own.</param>
/// <param name="Holds">The topic, in a few words.</param>
/// <param name="TorchSharp">Whether its types may use TorchSharp.</param>
/// <param name="MlNet">Whether its types may use ML.NET or ONNX Runtime.</param>
internal sealed record Room(string Name, string Holds, bool TorchSharp = false, bool MlNet = false)
{
    /// <summary>The room of the entry points, which may use all others; also the namespace of public types.</summary>
    public const string Root = "Microsoft.ML.PcDarts";

    /// <summary>All rooms from the ground up: a room may use those before it.</summary>
    public static IReadOnlyList<Room> All { get; } =
    [
        new("Platform", "system, disk, archives"),
        new("Formats", "files of tensors, hashes"),
        new("Architectures", "genotypes, shapes, sizes"),
        new("MlNet", "schema, rows, accessors", MlNet: true),
        new("Torch", "runtime, device, numbers", TorchSharp: true),
        new("Kernels", "cells on a CPU", TorchSharp: true),
        new("Networks", "layers", TorchSharp: true),
        new("Networks.Supernets", "the network of the search", TorchSharp: true),
        new("Networks.Discovered", "the network of a genotype", TorchSharp: true),
        new("Images", "reading, splits, batches", TorchSharp: true, MlNet: true),
        new("Optimizers", "SGD, Muon, Adam, schedules", TorchSharp: true),
        new("Runs", "workspace, checkpoints"),
        new("Models", "ONNX, weights, model.zip", MlNet: true),
        new("Scoring", "predictions in batches", MlNet: true),
        new("Reports", "pages and drawings"),
        new("Training", "the step loop, the journal", TorchSharp: true),
        new("Training.Search", "the search", TorchSharp: true),
        new("Training.Final", "the final training", TorchSharp: true),
        new(Root, "trainer, transformer, predictor", TorchSharp: true, MlNet: true),
    ];

    /// <summary>Rooms that must not use each other, whatever their order.</summary>
    public static IReadOnlyList<(string One, string Other)> Strangers { get; } =
    [
        ("Networks.Supernets", "Networks.Discovered"),
        ("Training.Search", "Training.Final"),
        ("Images", "Networks"),
        ("Images", "Networks.Supernets"),
        ("Images", "Networks.Discovered"),
    ];

    /// <summary>Place of a room in the order; −1 for one that the table lacks.</summary>
    public static int Place(string name) => All.Select(room => room.Name).ToList().IndexOf(name);
}
