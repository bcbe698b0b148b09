using System.Text;
using System.Text.Json;

namespace PcKernels.Cli.Reports;

/// <summary>A log of one JSON object per epoch, appended line by line and flushed, so that a run that is killed leaves whole lines.</summary>
internal sealed class EpochLog : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;

    /// <summary>Opens the log; what is in it stays.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public EpochLog(string path)
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

    /// <summary>Appends one epoch.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public void Write(string rule, EpochReport epoch)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", epoch.Epoch);
            json.WriteString("rule", rule);
            if (double.IsFinite(epoch.Result.MeanEnergy)) json.WriteNumber("train_energy", epoch.Result.MeanEnergy);
            else json.WriteNull("train_energy");
            json.WriteNumber($"test_{Metric.Key(epoch.Test)}", Metric.Value(epoch.Test));
            if (epoch.Validation is not null) json.WriteNumber($"validation_{Metric.Key(epoch.Validation)}", Metric.Value(epoch.Validation));
            json.WriteNumber("seconds", Math.Round(epoch.Seconds, 6));
            json.WriteNumber("updates", epoch.Result.Updates);
            if (!epoch.Result.IsComplete) json.WriteBoolean("interrupted", true);
            json.WriteEndObject();
        }
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
