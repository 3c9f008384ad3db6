using Microsoft.AspNetCore.Builder;
using Microsoft.OpenApi;

namespace PcDarts.Web.Endpoints;

/// <summary>
/// Documents bodies and queries that the endpoints read themselves: a declared type would be enforced by routing, whose 415 tells no
/// remedy.
/// </summary>
internal static class RequestBodies
{
    private static readonly string[] PictureTypes = ["image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp",
        "application/octet-stream"];

    /// <summary>A picture as the body or as the file of a form.</summary>
    public static RouteHandlerBuilder WithPictureBody(this RouteHandlerBuilder builder) => builder.WithBody(
        [Form("file", Binary()), .. PictureTypes.Select(type => (type, new OpenApiMediaType { Schema = Binary() }))]);

    /// <summary>Pictures as the files of a form.</summary>
    public static RouteHandlerBuilder WithPicturesBody(this RouteHandlerBuilder builder) => builder.WithBody(
        [Form("files", new OpenApiSchema { Type = JsonSchemaType.Array, Items = Binary() })]);

    private static RouteHandlerBuilder WithBody(this RouteHandlerBuilder builder, (string Type, OpenApiMediaType Media)[] content) =>
        builder.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = content.ToDictionary(pair => pair.Type, pair => pair.Media),
            };
            if (operation.Parameters?.SingleOrDefault(parameter => parameter.Name == "top") is OpenApiParameter top)
            {
                top.Description = "Number of classes, the likeliest first.";
                top.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Default = PredictEndpoints.DefaultTop };
            }
            return Task.CompletedTask;
        });

    private static (string Type, OpenApiMediaType Media) Form(string name, IOpenApiSchema schema)
        => ("multipart/form-data", new OpenApiMediaType
        {
            Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Required = new HashSet<string> { name },
                Properties = new Dictionary<string, IOpenApiSchema> { [name] = schema },
            },
        });

    private static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };
}
