using System.Globalization;
using PcKernels.Data.Training;

namespace PcKernels.Cli.Reports;

/// <summary>One line per epoch, for files and pipes.</summary>
internal sealed class LineView(TextWriter to, int epochs) : ITrainingView
{
    /// <inheritdoc/>
    public void Show(Action train) => train();

    /// <inheritdoc/>
    public void Report(EpochProgress value)
    {
        // A line per batch would bury the others.
    }

    /// <inheritdoc/>
    public void Report(EpochReport epoch)
    {
        string validation = epoch.Validation is null ? "" : $", validation {Metric.Text(epoch.Validation)}";
        string ended = epoch.Result.IsComplete ? "" : ", interrupted";
        to.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"epoch {epoch.Epoch}/{epochs}: energy {epoch.Result.MeanEnergy:G5}, test {Metric.Text(epoch.Test)}{validation}, {epoch.Result.Updates / Math.Max(epoch.Result.Seconds, 1e-9):F0} updates/s, {epoch.Seconds:F2} s{ended}"));
        to.Flush();
    }
}
