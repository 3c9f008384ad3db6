using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PcDarts.Web.Budget;
using PcDarts.Web.Endpoints;
using PcDarts.Web.Models;
using PcDarts.Web.Pictures;
using Prometheus;

namespace PcDarts.Web;

/// <summary>The server from its settings to its end.</summary>
internal static class WebServer
{
    private static readonly HashSet<string> Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

    /// <summary>Serves until the process is told to stop.</summary>
    /// <param name="settings">Settings as <c>--Name:Key=value</c>; they win over the environment and appsettings.json.</param>
    /// <exception cref="StartException">An option is out of range, the model cannot be loaded, or the address cannot be listened
    /// on.</exception>
    public static void Run(string[] settings)
    {
        // wwwroot and appsettings.json lie beside the program, wherever it was started.
        WebApplicationBuilder builder;
        ServingOptions options;
        try
        {
            builder = WebApplication.CreateBuilder(new WebApplicationOptions
            {
                Args = settings,
                ContentRootPath = AppContext.BaseDirectory,
            });
            options = builder.Configuration.GetSection(ServingOptions.Section)
                .Get<ServingOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new ServingOptions();
        }
        catch (Exception exception) when (exception is InvalidOperationException or InvalidDataException or FormatException)
        {
            throw new StartException($"The settings cannot be read: {exception.Message} Correct appsettings.json, "
                + "the environment or the command line.");
        }
        options.Validate();
        KnownHosts.SetDefault(builder.Configuration);
        AddServices(builder, options, ModelHost.Open(options.Model, options.MaxModelBytes));
        using WebApplication app = builder.Build();
        Configure(app);
        BackgroundService[] parts = [.. app.Services.GetServices<IHostedService>().OfType<BackgroundService>()];
        try
        {
            app.Run();
        }
        catch (Exception exception) when (exception is IOException { InnerException: AddressInUseException } or SocketException
            or FormatException)
        {
            throw new StartException($"{exception.Message.TrimEnd('.')}; choose an address with --urls, "
                + "such as --urls http://localhost:5080.");
        }
        // The host ends in order when a part of it fails, as if it had been told to.
        if (parts.FirstOrDefault(part => part.ExecuteTask is { IsFaulted: true }) is { } failed)
            throw new StartException($"The server ended because {failed.GetType().Name} "
                + $"failed: {failed.ExecuteTask!.Exception!.GetBaseException()}");
    }

    private static void AddServices(WebApplicationBuilder builder, ServingOptions options, ModelHost models)
    {
        IServiceCollection services = builder.Services;
        services.AddSingleton(options).AddSingleton<ServingMetrics>().AddSingleton<ServingBudget>().AddSingleton<Classifier>()
            .AddHostedService<ModelWatcher>();
        // Made by a function, so that the container disposes it.
        services.AddSingleton(_ => models);
        services.AddProblemDetails().AddExceptionHandler<RejectionHandler>()
            .AddOpenApi(documents => documents.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new()
                {
                    Title = "PC-DARTS model server",
                    Version = "1",
                    Description = "Names the classes of pictures with a model.zip of Microsoft.ML.PcDarts.",
                };
                return Task.CompletedTask;
            }));
        // First, also before the filter of hosts that ASP.NET puts there.
        services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, SafetyHeaders>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.ShutdownSeconds));
        builder.WebHost.ConfigureKestrel(kestrel => ConnectionLimits.Apply(kestrel, options));
    }

    private static void Configure(WebApplication app)
    {
        ServingMetrics metrics = app.Services.GetRequiredService<ServingMetrics>();
        app.Use((context, next) =>
        {
            // Methods are labels of the metrics, and a client can invent any number of them.
            if (!Methods.Contains(context.Request.Method))
                context.Request.Method = "OTHER";
            return next(context);
        });
        app.UseHttpMetrics(
            http => http.RequestCount.Registry = http.RequestDuration.Registry = http.InProgress.Registry = metrics.Registry);
        app.UseExceptionHandler().UseStatusCodePages();
        app.UseDefaultFiles().UseStaticFiles(
            new StaticFileOptions { OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "no-cache" });
        app.UseRouting();
        app.MapOpenApi();
        app.MapMetrics(registry: metrics.Registry);
        PredictEndpoints.Map(app);
        ModelEndpoints.Map(app);
    }
}
