using System.Diagnostics;
using System.Globalization;
using PcKernels.Data.Training;
using PcKernels.Training;
using Spectre.Console;

namespace PcKernels.Cli.Reports;

/// <summary>A table that is redrawn in place: epoch, energy per vertex, accuracy, updates per second, time left.</summary>
internal sealed class LiveView(TextWriter to, Trainer trainer, int epochs, bool isUnicode) : ITrainingView
{
    private const double SecondsBetween = 0.1;
    private const int BarWidth = 30;

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly List<EpochReport> _done = [];
    private LiveDisplayContext? _display;
    private double _drawnAt = double.NegativeInfinity;

    /// <inheritdoc/>
    public void Show(Action train)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(to) });
        console.Live(new Text("")).Start(display =>
        {
            _display = display;
            train();
        });
    }

    /// <inheritdoc/>
    public void Report(EpochProgress value)
    {
        double now = _watch.Elapsed.TotalSeconds;
        if (now - _drawnAt < SecondsBetween) return;
        _drawnAt = now;
        Draw(value.Epoch + 1, value.Batch, value.Batches, value.Updates / Math.Max(value.Elapsed.TotalSeconds, 1e-9), Energies());
    }

    /// <inheritdoc/>
    public void Report(EpochReport epoch)
    {
        _done.Add(epoch);
        IEnumerable<(string, double)> energies = trainer.Program!.EnergySlots.Zip(epoch.Result.VertexEnergies);
        Draw(epoch.Epoch, 1, 1, epoch.Result.Updates / Math.Max(epoch.Result.Seconds, 1e-9), [.. energies]);
    }

    private (string Vertex, double Energy)[] Energies()
    {
        double[] energies = trainer.VertexEnergies.ToArray();
        return [.. trainer.Program!.EnergySlots.Zip(energies)];
    }

    private void Draw(int epoch, int batch, int batches, double updatesPerSecond, (string Vertex, double Energy)[] energies)
    {
        double part = (epoch - 1 + (double)batch / batches) / epochs, seconds = _watch.Elapsed.TotalSeconds;
        int filled = (int)Math.Round(Math.Clamp(part, 0, 1) * BarWidth);
        var table = new Table().NoBorder().HideHeaders().AddColumn("").AddColumn("");
        table.AddRow("epoch", Line($"{epoch}/{epochs}  {new string(isUnicode ? '█' : '#', filled)}{new string(isUnicode ? '░' : '.', BarWidth - filled)}  batch {batch}/{batches}"));
        table.AddRow("energy", Line($"{energies.Sum(static e => e.Energy):G5}  =  {string.Join(" + ", energies.Select(static e => Line($"{e.Vertex} {e.Energy:G4}")))}").EscapeMarkup());
        if (_done.Count > 0)
            table.AddRow(Metric.Name(_done[^1].Test), $"{Metric.Number(_done[^1].Test)}  {Sparkline.Of([.. _done.Select(static e => Metric.Value(e.Test))], isUnicode)}");
        table.AddRow("speed", Line($"{updatesPerSecond:F0} updates/s, {Duration(seconds)} so far, {Duration(part > 0 ? seconds * (1 - part) / part : 0)} left"));
        _display?.UpdateTarget(table);
    }

    private static string Duration(double seconds) => seconds < 60 ? Line($"{seconds:F0} s") : TimeSpan.FromSeconds(seconds).ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture);

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
