using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PcDarts.Web.Endpoints;
using PcDarts.Web.Models;
using PcDarts.Web.Pictures;
using Prometheus;

namespace PcDarts.Web;

/// <summary>The server from its settings to its end.</summary>
internal static class WebServer
{
    /// <summary>Name of the limits that predicting requests have.</summary>
    public const string PredictPolicy = "predict";

    // A page of this server's own scripts and pictures alone; styles are also inside the drawing of the cells.
    private const string ContentSecurityPolicy = "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'";

    /// <summary>Serves until the process is told to stop.</summary>
    /// <param name="settings">Settings as <c>--Name:Key=value</c>; they win over the environment and appsettings.json.</param>
    /// <exception cref="StartException">An option is out of range, the model cannot be loaded, or the address cannot be listened on.</exception>
    public static void Run(string[] settings)
    {
        // wwwroot and appsettings.json lie beside the program, wherever it was started.
        WebApplicationBuilder builder;
        ServingOptions options;
        try
        {
            builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = settings, ContentRootPath = AppContext.BaseDirectory });
            options = builder.Configuration.GetSection(ServingOptions.Section).Get<ServingOptions>() ?? new ServingOptions();
        }
        catch (Exception exception) when (exception is InvalidOperationException or InvalidDataException or FormatException)
        {
            throw new StartException($"The settings cannot be read: {exception.Message} Correct appsettings.json, the environment or the command line.");
        }
        options.Validate();
        AddServices(builder, options, ModelHost.Open(options.Model));
        using WebApplication app = builder.Build();
        Configure(app);
        try
        {
            app.Run();
        }
        catch (Exception exception) when (exception is IOException { InnerException: AddressInUseException } or SocketException or FormatException)
        {
            throw new StartException($"{exception.Message.TrimEnd('.')}; choose an address with --urls, such as --urls http://localhost:5080.");
        }
    }

    private static void AddServices(WebApplicationBuilder builder, ServingOptions options, ModelHost models)
    {
        IServiceCollection services = builder.Services;
        services.AddSingleton(options).AddSingleton<ServingMetrics>().AddSingleton<Classifier>().AddHostedService<ModelWatcher>();
        // Made by a function, so that the container disposes it.
        services.AddSingleton(_ => models);
        services.AddProblemDetails().AddExceptionHandler<RejectionHandler>().AddOpenApi(documents => documents.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new() { Title = "PC-DARTS model server", Version = "1", Description = "Names the classes of pictures with a model.zip of Microsoft.ML.PcDarts." };
            return Task.CompletedTask;
        }));
        services.AddRequestTimeouts(timeouts => timeouts.AddPolicy(PredictPolicy, new RequestTimeoutPolicy
        {
            Timeout = TimeSpan.FromSeconds(options.RequestTimeoutSeconds),
            TimeoutStatusCode = StatusCodes.Status408RequestTimeout,
            WriteTimeoutResponse = context => Problem(context, StatusCodes.Status408RequestTimeout, "The request took too long",
                $"It was not sent and answered within {options.RequestTimeoutSeconds} seconds; send it again, faster or when there is less to do."),
        }));
        services.AddRateLimiter(limiter =>
        {
            limiter.AddConcurrencyLimiter(PredictPolicy, limits =>
            {
                limits.PermitLimit = options.MaxConcurrentRequests;
                limits.QueueLimit = options.MaxQueuedRequests;
                limits.QueueProcessingOrder = QueueProcessingOrder.OldestFirst;
            });
            limiter.OnRejected = async (context, _) =>
            {
                context.HttpContext.Response.Headers.RetryAfter = "1";
                await Problem(context.HttpContext, StatusCodes.Status429TooManyRequests, "Too many requests",
                    $"{options.MaxConcurrentRequests} requests are being answered and {options.MaxQueuedRequests} wait; send this one again after a second.");
            };
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Bodies beyond the limit are refused by their announced length; a few times as much is still taken in and dropped, so that senders get to read why.
            kestrel.Limits.MaxRequestBodySize = 4 * options.MaxRequestBytes;
        });
    }

    private static void Configure(WebApplication app)
    {
        ServingMetrics metrics = app.Services.GetRequiredService<ServingMetrics>();
        app.UseHttpMetrics(http => http.RequestCount.Registry = http.RequestDuration.Registry = http.InProgress.Registry = metrics.Registry);
        app.Use((context, next) =>
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return next(context);
        });
        app.UseExceptionHandler().UseStatusCodePages();
        app.UseDefaultFiles().UseStaticFiles(new StaticFileOptions { OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "no-cache" });
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseRateLimiter();
        app.MapOpenApi();
        app.MapMetrics(registry: metrics.Registry);
        PredictEndpoints.Map(app);
        ModelEndpoints.Map(app);
    }

    private static Task Problem(HttpContext context, int status, string title, string detail)
    {
        context.RequestServices.GetRequiredService<ServingMetrics>().Rejections.WithLabels($"{status}").Inc();
        return RejectionHandler.WriteAsync(context, context.RequestServices.GetRequiredService<IProblemDetailsService>(), status, title, detail);
    }
}
