using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PcKernels.Cli.Reports;

/// <summary>A log of one JSON object per line, appended line by line and flushed, so that a run that is killed leaves whole lines.</summary>
internal sealed class JsonLog : IDisposable
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path;
    private readonly FileStream _stream;

    /// <summary>Opens the log; what is in it stays.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public JsonLog(string path)
    {
        _path = path;
        try
        {
            _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failed(error);
        }
    }

    /// <summary>Appends one line.</summary>
    /// <param name="write">Writes one object.</param>
    /// <exception cref="RunException">It cannot be written.</exception>
    public void Write(Action<Utf8JsonWriter> write)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, s_json)) write(json);
        line.Write(Encoding.UTF8.GetBytes("\n"));
        try
        {
            _stream.Write(line.ToArray());
            _stream.Flush();
        }
        catch (IOException error)
        {
            throw Failed(error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private RunException Failed(Exception error) => new($"'{_path}' cannot be written: {error.Message.ReplaceLineEndings(" ")}", error);
}
