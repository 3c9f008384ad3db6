using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using PcDarts.Web.Budget;
using PcDarts.Web.Models;
using PcDarts.Web.Pictures;

namespace PcDarts.Web.Endpoints;

/// <summary><c>POST /predict</c> and <c>POST /predict/batch</c>.</summary>
internal static class PredictEndpoints
{
    /// <summary>Classes that an answer lists unless the request says otherwise.</summary>
    public const int DefaultTop = 5;

    public static void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/predict").DisableAntiforgery().WithTags("Predict");
        group.MapPost("", PredictAsync).WithName("predict").WithSummary("Names the likeliest classes of one picture.")
            .WithDescription("The picture is the body itself or the one file of a form.")
            .WithPictureBody().Produces<Prediction>().WithProblems();
        group.MapPost("/batch", PredictBatchAsync).WithName("predictBatch").WithSummary("Names the likeliest classes of several pictures.")
            .WithDescription("The pictures are the files of a form. Each has an answer or an error of its own, in their order.")
            .WithPicturesBody().Produces<BatchPrediction>().WithProblems();
    }

    private static async Task<Prediction> PredictAsync(
        HttpContext context, ServingBudget budget, ServingOptions options, ModelHost models, Classifier classifier,
        [FromQuery] string? top = null)
    {
        int count = ParseTop(top);
        using RequestShare share = budget.Begin(context);
        return await share.WithinTimeAsync(async () =>
        {
            EncodedPicture picture = await RequestPictures.ReadOneAsync(context.Request, share, options);
            using ModelHost.Lease lease = models.Use();
            ClassProbability[] best = (await AnswerAsync([picture], share, options,
                picture => classifier.ClassifyAsync(lease.Model, picture, count, share)))[0];
            return new Prediction(lease.Model.Id, best[0].Label, best[0].Probability, best);
        });
    }

    private static async Task<BatchPrediction> PredictBatchAsync(
        HttpContext context, ServingBudget budget, ServingOptions options, ModelHost models, Classifier classifier, ServingMetrics metrics,
        [FromQuery] string? top = null)
    {
        int count = ParseTop(top);
        using RequestShare share = budget.Begin(context);
        return await share.WithinTimeAsync(async () =>
        {
            List<EncodedPicture> pictures = await RequestPictures.ReadAllAsync(context.Request, share, options);
            using ModelHost.Lease lease = models.Use();
            BatchItem[] items = await AnswerAsync(pictures, share, options, async picture =>
            {
                string file = picture.Name.Trim('\'');
                try
                {
                    ClassProbability[] best = await classifier.ClassifyAsync(lease.Model, picture, count, share);
                    return new BatchItem(file, best[0].Label, best[0].Probability, best, null);
                }
                catch (RejectedException rejected)
                {
                    metrics.Rejections.WithLabels($"{rejected.Status}").Inc();
                    return new BatchItem(file, null, null, null, new PictureError(rejected.Status, rejected.Title, rejected.Detail));
                }
            });
            return new BatchPrediction(lease.Model.Id, items);
        });
    }

    private static async Task<T[]> AnswerAsync<T>(IReadOnlyList<EncodedPicture> pictures, RequestShare share, ServingOptions options,
        Func<EncodedPicture, Task<T>> answer)
    {
        try
        {
            foreach (EncodedPicture picture in pictures)
                picture.Inspect(options.MaxPixels);
            share.BeginAnswering(pictures.Sum(picture => picture.Bytes), pictures.Sum(picture => picture.Pixels));
        }
        catch
        {
            foreach (EncodedPicture picture in pictures)
                picture.Dispose();
            throw;
        }
        return await Task.WhenAll(pictures.Select(answer));
    }

    private static int ParseTop(string? top) => top is null ? DefaultTop : int.TryParse(top, out int count) && count >= 1
        ? count
        : throw new RejectedException(StatusCodes.Status400BadRequest, "top is not a number of classes",
            $"top is '{top}'; allowed are whole numbers from 1, for example ?top=3.");

    private static void WithProblems(this RouteHandlerBuilder builder)
        => builder.ProducesProblem(400).ProducesProblem(408).ProducesProblem(413).ProducesProblem(415).ProducesProblem(429)
            .ProducesProblem(503);
}

/// <summary>The answer for a picture.</summary>
/// <param name="Model">The first digits of the SHA-256 of the model that answered.</param>
/// <param name="Label">The likeliest class.</param>
/// <param name="Probability">Its probability, 0 to 1.</param>
/// <param name="Top">The likeliest classes, the likeliest first.</param>
internal sealed record Prediction(string Model, string Label, float Probability, IReadOnlyList<ClassProbability> Top);

/// <summary>The answers for the pictures of a batch, in their order, all by one model.</summary>
internal sealed record BatchPrediction(string Model, IReadOnlyList<BatchItem> Items);

/// <summary>The answer for one picture of a batch: either classes or an error.</summary>
internal sealed record BatchItem(string File, string? Label, float? Probability, IReadOnlyList<ClassProbability>? Top, PictureError? Error);

/// <summary>Why a picture of a batch has no answer.</summary>
internal sealed record PictureError(int Status, string Title, string Detail);
