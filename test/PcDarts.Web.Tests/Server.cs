using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace PcDarts.Web.Tests;

/// <summary>The server in this process, with a model and settings of a test.</summary>
internal sealed class Server(string model, params (string Name, string Value)[] settings) : WebApplicationFactory<Program>
{
    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        builder.UseSetting("Serving:Model", model);
        foreach ((string name, string value) in settings)
            builder.UseSetting($"Serving:{name}", value);
    }

    /// <summary>A request's body with a content type.</summary>
    public static ByteArrayContent Body(byte[] content, string? type = "image/png")
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return body;
    }

    /// <summary>A form with files.</summary>
    public static MultipartFormDataContent Form(params (string Name, byte[] Content)[] files)
    {
        var form = new MultipartFormDataContent();
        foreach ((string name, byte[] content) in files)
            form.Add(new ByteArrayContent(content), "file", name);
        return form;
    }

    /// <summary>The JSON of a good answer.</summary>
    public static async Task<JsonObject> JsonAsync(HttpResponseMessage response)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {text}");
        return (JsonObject)JsonNode.Parse(text)!;
    }

    /// <summary>Waits for what happens on other threads, with patience that no slow machine exhausts.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (int i = 0; i < 6000; i++)
        {
            if (await holds())
                return;
            await Task.Delay(50);
        }
        Assert.Fail($"{what} did not happen within five minutes.");
    }
}
