using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.ML.PcDarts;
using PcDarts.Web.Models;

namespace PcDarts.Web.Endpoints;

/// <summary><c>GET /model</c>, <c>GET /model/cells.svg</c> and <c>GET /healthz</c>.</summary>
internal static class ModelEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/model", Describe).WithName("model").WithSummary("What is served: architecture, classes, size, accuracy.")
            .WithTags("Model");
        routes.MapGet("/model/cells.svg", Draw).WithName("cells").WithSummary("The architecture's two cells as a drawing.")
            .Produces<string>(contentType: "image/svg+xml").WithTags("Model");
        routes.MapGet("/healthz", Health).WithName("health")
            .WithSummary("Whether the server answers, and whether the model file that is there now is the one that answers.")
            .WithTags("Model");
    }

    private static ModelFacts Describe(ModelHost models)
    {
        using ModelHost.Lease lease = models.Use();
        ServedModel model = lease.Model;
        ModelDescription description = model.Description;
        return new ModelFacts(model.Id, model.Sha256, model.Bytes, model.LoadedAt, description.ClassNames,
            JsonNode.Parse(description.Genotype.ToJson())!, description.Genotype.ToPython(),
            description.Shape, description.Size, description.ValidationAccuracy, description.Versions);
    }

    private static IResult Draw(ModelHost models)
    {
        using ModelHost.Lease lease = models.Use();
        return TypedResults.Text(CellDrawing.ToSvg(lease.Model.Description.Genotype), "image/svg+xml", System.Text.Encoding.UTF8);
    }

    private static Health Health(ModelHost models)
    {
        using ModelHost.Lease lease = models.Use();
        string? problem = models.Problem;
        return new Health(problem is null ? "healthy" : "old model", lease.Model.Id, lease.Model.LoadedAt, problem);
    }
}

/// <summary>Description of the served model.</summary>
/// <param name="Model">The first digits of <paramref name="Sha256"/>, by which answers name the model.</param>
/// <param name="Sha256">SHA-256 of the model.zip.</param>
/// <param name="Bytes">Size of the model.zip.</param>
/// <param name="LoadedAt">When it was taken over.</param>
/// <param name="ClassNames">The classes, in the order of the network's outputs.</param>
/// <param name="Genotype">The architecture, as genotype.json has it.</param>
/// <param name="Python">The architecture in the notation of the paper's code.</param>
/// <param name="Shape">Channels, cells and the picture size that the network reads.</param>
/// <param name="Size">Parameters and multiply-adds; null when the model does not say.</param>
/// <param name="ValidationAccuracy">Accuracy on the pictures held out of the training, 0 to 1; null when none were.</param>
/// <param name="Versions">Libraries that trained it.</param>
internal sealed record ModelFacts(
    string Model, string Sha256, int Bytes, DateTimeOffset LoadedAt, IReadOnlyList<string> ClassNames, JsonNode Genotype, string Python,
    JsonNode Shape, JsonNode? Size, double? ValidationAccuracy, JsonNode? Versions);

/// <summary>The state of the server.</summary>
/// <param name="Status">"healthy", or "old model" while the file that is there now does not answer.</param>
/// <param name="Model">The first digits of the SHA-256 of the model that answers.</param>
/// <param name="LoadedAt">When it was taken over.</param>
/// <param name="Problem">Why the file that is there now does not answer; null when it does.</param>
internal sealed record Health(string Status, string Model, DateTimeOffset LoadedAt, string? Problem);
