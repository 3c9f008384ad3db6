using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using PcDarts.Web.Budget;

namespace PcDarts.Web.Pictures;

/// <summary>Reads the pictures of a request, files of a form or the body itself, into memory and never into files.</summary>
internal static class RequestPictures
{
    private const string Remedy = "Send the picture as the body with its Content-Type, such as image/jpeg, "
        + "or as a file of a multipart/form-data form.";
    private const int MaxOtherFields = 1024;

    /// <summary>The one picture of a request.</summary>
    /// <exception cref="RejectedException">There is none, there are several, or the body cannot be read.</exception>
    public static async Task<EncodedPicture> ReadOneAsync(HttpRequest request, RequestShare share, ServingOptions options)
    {
        CheckLength(request, options);
        if (IsForm(request, out MediaTypeHeaderValue? type))
        {
            List<EncodedPicture> files = await GuardAsync(() => ReadFormAsync(type!, share, options), options);
            if (files.Count == 1)
                return files[0];
            files.ForEach(file => file.Dispose());
            throw Bad("One picture is expected", $"The form has {files.Count} files; /predict takes one, /predict/batch several.");
        }
        if (!MayBePicture(request.ContentType))
        {
            throw new RejectedException(StatusCodes.Status415UnsupportedMediaType, "Not a picture",
                $"The Content-Type is '{request.ContentType}'; allowed are image/*, application/octet-stream and "
                    + $"multipart/form-data. {Remedy}");
        }
        return await GuardAsync(() => ReadFileAsync("The body", share.Body, share, options), options);
    }

    /// <summary>The files of a form.</summary>
    /// <exception cref="RejectedException">There are none or too many, or the form cannot be read.</exception>
    public static async Task<List<EncodedPicture>> ReadAllAsync(HttpRequest request, RequestShare share, ServingOptions options)
    {
        CheckLength(request, options);
        if (!IsForm(request, out MediaTypeHeaderValue? type))
        {
            throw new RejectedException(StatusCodes.Status415UnsupportedMediaType, "A form is expected",
                $"The Content-Type is '{request.ContentType}'; a batch is a multipart/form-data form with 1 to {options.MaxBatch} files.");
        }
        List<EncodedPicture> files = await GuardAsync(() => ReadFormAsync(type!, share, options), options);
        if (files.Count == 0)
            throw Bad("The batch is empty", $"The form has no files; send 1 to {options.MaxBatch}.");
        return files;
    }

    private static bool IsForm(HttpRequest request, out MediaTypeHeaderValue? type) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out type)
            && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);

    private static bool MayBePicture(string? contentType) => string.IsNullOrEmpty(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
            && (type.Type.Equals("image", StringComparison.OrdinalIgnoreCase)
                || type.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase)));

    private static async Task<List<EncodedPicture>> ReadFormAsync(MediaTypeHeaderValue type, RequestShare share, ServingOptions options)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > FormOptions.DefaultMultipartBoundaryLengthLimit)
            throw new InvalidDataException($"Its Content-Type has no boundary of 1 to {FormOptions.DefaultMultipartBoundaryLengthLimit} "
                + "characters");
        var reader = new MultipartReader(boundary, share.Body) { BodyLengthLimit = null };
        List<EncodedPicture> files = [];
        try
        {
            int found = 0, others = 0;
            while (await reader.ReadNextSectionAsync(share.Bytes.Token) is { } section)
            {
                bool isFile = ContentDispositionHeaderValue.TryParse(section.ContentDisposition,
                    out ContentDispositionHeaderValue? disposition) && disposition.IsFileDisposition();
                if (!isFile && ++others > MaxOtherFields)
                    throw new InvalidDataException($"The form has more than {MaxOtherFields} fields that are no files");
                // What is too many is counted, for the message, and not kept.
                if (isFile && ++found <= options.MaxBatch)
                    files.Add(await ReadFileAsync($"'{FileName(disposition!)}'", section.Body, share, options));
            }
            if (found > options.MaxBatch)
                throw new RejectedException(StatusCodes.Status413PayloadTooLarge, "Too many pictures",
                    $"The form has {found} files; at most {options.MaxBatch} are allowed. Send them in several batches.");
            return files;
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    private static string FileName(ContentDispositionHeaderValue disposition) =>
        (HeaderUtilities.RemoveQuotes(disposition.FileNameStar) is { Length: > 0 } star
            ? star
            : HeaderUtilities.RemoveQuotes(disposition.FileName)).ToString();

    private static async Task<EncodedPicture> ReadFileAsync(string name, Stream stream, RequestShare share, ServingOptions options)
    {
        using var file = new ReceivedFile();
        return await file.ReadAsync(stream, options.MaxRequestBytes, share.Bytes.Token)
            ? new EncodedPicture(name, file.Take())
            : throw TooLarge(options);
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
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            throw new RejectedException(exception.StatusCode, "The body comes too slowly",
                $"It came with less than {options.MinBytesPerSecond} bytes a second; send it again, faster or smaller.");
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
        if (request.ContentLength is null
            && request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.MaxRequestBytes;
    }

    private static RejectedException TooLarge(ServingOptions options) => new(StatusCodes.Status413PayloadTooLarge, "The body is too large",
        $"At most {options.MaxRequestBytes} bytes are allowed; send a smaller picture, or fewer of them.");

    private static RejectedException Bad(string title, string detail) => new(StatusCodes.Status400BadRequest, title, detail);
}
