using System.Text.Json;
using PcKernels.Data.Training;

namespace PcKernels.Cli.Reports;

/// <summary>A log of one JSON object per epoch.</summary>
internal sealed class EpochLog(string path) : IDisposable
{
    private readonly JsonLog _log = new(path);

    /// <summary>Appends one epoch.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public void Write(string rule, EpochReport epoch) => _log.Write(json => Write(json, rule, epoch));

    /// <inheritdoc/>
    public void Dispose() => _log.Dispose();

    private static void Write(Utf8JsonWriter json, string rule, EpochReport epoch)
    {
        json.WriteStartObject();
        json.WriteNumber("epoch", epoch.Epoch);
        json.WriteString("rule", rule);
        if (double.IsFinite(epoch.Result.MeanEnergy)) json.WriteNumber("train_energy", epoch.Result.MeanEnergy);
        else json.WriteNull("train_energy");
        WriteMetric(json, "test", epoch.Test);
        if (epoch.Validation is not null) WriteMetric(json, "validation", epoch.Validation);
        json.WriteNumber("seconds", Math.Round(epoch.Seconds, 6));
        json.WriteNumber("updates", epoch.Result.Updates);
        if (!epoch.Result.IsComplete) json.WriteBoolean("interrupted", true);
        json.WriteEndObject();
    }

    private static void WriteMetric(Utf8JsonWriter json, string part, Evaluation evaluation)
    {
        json.WriteNumber($"{part}_{Metric.Key(evaluation)}", Metric.Value(evaluation));
        if (evaluation.BitsPerToken is double bits) json.WriteNumber($"{part}_{Metric.BitsKey}", bits);
    }
}
