using System.Globalization;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Reports;
using PcKernels.Cli.Settings;
using PcKernels.Graphs;

namespace PcKernels.Cli.Commands;

/// <summary>What <c>pck train</c> shows at its end: metrics, settings, and a small picture.</summary>
internal static class TrainSummary
{
    /// <summary>Writes it to standard output.</summary>
    public static void Write(Terminal terminal, TrainSetup setup, IReadOnlyList<EpochReport> done, string? saved)
    {
        TextWriter to = terminal.Out;
        Graph graph = setup.Model.Graph;
        string times = terminal.IsUnicode ? "–" : "-";
        string batch = setup.Loader.BatchesPerEpoch == 1 ? $"all ({setup.Loader.BatchSize})" : $"{setup.Loader.BatchSize}";
        string settings = TrainingSettings.Describe(setup.Trainer.Options, batch);
        to.WriteLine(Line($"model     {graph.Name} {string.Join(times, graph.Inputs.Select(static n => n.Count).Concat(graph.Vertices.Select(static v => v.Count)))}, {graph.Parameters.Sum(static p => p.Count)} parameters"));
        to.WriteLine(Line($"data      {setup.Data.Name}: {setup.Data.Train.Count} train, {setup.Data.Test.Count} test{(setup.Data.HasValidation ? $", {setup.Data.Validation.Count} validation" : "")}{(setup.Normalisation is null ? "" : ", normalised")}"));
        to.WriteLine($"settings  {(terminal.IsUnicode ? settings : settings.Replace("γ", "gamma", StringComparison.Ordinal).Replace("×", "x", StringComparison.Ordinal))}");
        to.WriteLine($"device    {setup.Trainer.Device.Name}, {setup.Trainer.Device.Description}");
        if (done.Count == 0)
        {
            to.WriteLine("interrupted before the first batch had ended");
        }
        else
        {
            WriteFigures(to, setup, done);
            WritePictures(terminal, setup, done);
        }
        if (saved is not null) to.WriteLine($"saved     {saved}");
    }

    private static void WriteFigures(TextWriter to, TrainSetup setup, IReadOnlyList<EpochReport> done)
    {
        EpochReport last = done[^1];
        string correct = last.Test.Correct is int count ? $" ({count} of {last.Test.Labels})" : "";
        to.WriteLine(Line($"result    test {Metric.Text(last.Test)}{correct}, energy {last.Test.Energy:G5}; training energy {last.Result.MeanEnergy:G5}"));
        if (last.Validation is not null) to.WriteLine($"          validation {Metric.Text(last.Validation)}");
        bool isWhole = done.Count == setup.Epochs && last.Result.IsComplete;
        to.WriteLine(Line($"time      {done.Sum(static e => e.Seconds):F2} s for {done.Count} epochs, {done.Sum(static e => e.Result.Updates)} updates{(isWhole ? "" : $"; interrupted in epoch {last.Epoch} of {setup.Epochs}")}"));
    }

    private static void WritePictures(Terminal terminal, TrainSetup setup, IReadOnlyList<EpochReport> done)
    {
        double[] metric = [.. done.Select(static e => Metric.Value(e.Test))];
        terminal.Out.WriteLine($"{Metric.Name(done[0].Test)} over epochs: {Sparkline.Of(metric, terminal.IsUnicode)}  {Metric.Number(done[0].Test)} .. {Metric.Number(done[^1].Test)}");
        double[] energies = setup.Trainer.Energies();
        // iPC takes no energies after its last move in training.
        if (setup.Trainer.Options is { Rule: Rules.IncrementalPredictiveCoding, FinalErrors: false } && energies.Length > 1) energies = energies[..^1];
        if (energies.Length < 2) return;
        terminal.Out.WriteLine(Line($"energy over the steps of the last batch: {Sparkline.Of(energies, terminal.IsUnicode)}  {energies[0]:G4} .. {energies[^1]:G4}"));
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
