using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace PcDarts.Web.Pictures;

/// <summary>Reads the pictures of a request: files of a form, or the body itself.</summary>
internal static class RequestPictures
{
    private const string Remedy = "Send the picture as the body with its Content-Type, such as image/jpeg, or as a file of a multipart/form-data form.";

    /// <summary>The one picture of a request.</summary>
    /// <exception cref="RejectedException">There is none, there are several, or the body cannot be read.</exception>
    public static async Task<EncodedPicture> ReadOneAsync(HttpRequest request, ServingOptions options, CancellationToken cancellation)
    {
        CheckLength(request, options);
        if (IsForm(request))
        {
            EncodedPicture[] files = await ReadFormAsync(request, options, cancellation);
            return files.Length == 1 ? files[0] : throw Bad("One picture is expected", $"The form has {files.Length} files; /predict takes one, /predict/batch several.");
        }
        if (!MayBePicture(request.ContentType))
        {
            throw new RejectedException(StatusCodes.Status415UnsupportedMediaType, "Not a picture",
                $"The Content-Type is '{request.ContentType}'; allowed are image/*, application/octet-stream and multipart/form-data. {Remedy}");
        }
        return new EncodedPicture("The body", await GuardAsync(() => ReadBodyAsync(request, options, cancellation), options));
    }

    /// <summary>The files of a form.</summary>
    /// <exception cref="RejectedException">There are none or too many, or the form cannot be read.</exception>
    public static async Task<EncodedPicture[]> ReadAllAsync(HttpRequest request, ServingOptions options, CancellationToken cancellation)
    {
        CheckLength(request, options);
        if (!IsForm(request))
        {
            throw new RejectedException(StatusCodes.Status415UnsupportedMediaType, "A form is expected",
                $"The Content-Type is '{request.ContentType}'; a batch is a multipart/form-data form with 1 to {options.MaxBatch} files.");
        }
        EncodedPicture[] files = await ReadFormAsync(request, options, cancellation);
        if (files.Length == 0)
            throw Bad("The batch is empty", $"The form has no files; send 1 to {options.MaxBatch}.");
        return files;
    }

    private static bool IsForm(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);

    private static bool MayBePicture(string? contentType) => string.IsNullOrEmpty(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
            && (type.Type.Equals("image", StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase)));

    private static async Task<EncodedPicture[]> ReadFormAsync(HttpRequest request, ServingOptions options, CancellationToken cancellation)
    {
        IFormFileCollection files = (await GuardAsync(() => request.ReadFormAsync(cancellation), options)).Files;
        if (files.Count > options.MaxBatch)
            throw new RejectedException(StatusCodes.Status413PayloadTooLarge, "Too many pictures", $"The form has {files.Count} files; at most {options.MaxBatch} are allowed. Send them in several batches.");
        var pictures = new EncodedPicture[files.Count];
        for (int i = 0; i < pictures.Length; i++)
        {
            byte[] content = new byte[files[i].Length];
            await using Stream stream = files[i].OpenReadStream();
            await stream.ReadExactlyAsync(content, cancellation);
            pictures[i] = new EncodedPicture($"'{files[i].FileName}'", content);
        }
        return pictures;
    }

    private static async Task<byte[]> ReadBodyAsync(HttpRequest request, ServingOptions options, CancellationToken cancellation)
    {
        using var content = new MemoryStream();
        byte[] part = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(part, cancellation)) > 0;)
        {
            if (content.Length + read > options.MaxRequestBytes)
                throw TooLarge(options);
            content.Write(part, 0, read);
        }
        return content.ToArray();
    }

    // What the server and the form reader throw for a body that breaks off, breaks the rules of a form or grows too large.
    private static async Task<T> GuardAsync<T>(Func<Task<T>> read, ServingOptions options)
    {
        try
        {
            return await read();
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge(options);
        }
        catch (Exception exception) when (exception is BadHttpRequestException or InvalidDataException or IOException)
        {
            throw Bad("The body cannot be read", $"{exception.Message.TrimEnd('.', ' ')}. {Remedy}");
        }
    }

    private static void CheckLength(HttpRequest request, ServingOptions options)
    {
        if (request.ContentLength > options.MaxRequestBytes)
            throw TooLarge(options);
        // A body of unknown length is stopped where it passes the limit.
        if (request.ContentLength is null && request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.MaxRequestBytes;
    }

    private static RejectedException TooLarge(ServingOptions options) => new(StatusCodes.Status413PayloadTooLarge, "The body is too large",
        $"At most {options.MaxRequestBytes} bytes are allowed; send a smaller picture, or fewer of them.");

    private static RejectedException Bad(string title, string detail) => new(StatusCodes.Status400BadRequest, title, detail);
}
