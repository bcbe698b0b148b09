using System.Diagnostics;
using PcKernels.Cli.Reports;
using PcKernels.Data.Batches;
using PcKernels.Execution;
using PcKernels.Optimizers;
using PcKernels.Training;

namespace PcKernels.Cli.Commands;

/// <summary>Runs rules from one start on one batch.</summary>
internal sealed class RuleMeasure(Model start, Batch batch, Device device)
{
    private const int WarmUps = 2;
    private const int MostRuns = 15;
    private const double MostSeconds = 0.5;

    // The loader uses a batch's memory again.
    private readonly float[] _inputs = batch.Inputs.ToArray();
    private readonly float[] _targets = batch.Targets.ToArray();
    private readonly int _count = batch.Count;

    /// <summary>One rule.</summary>
    /// <param name="name">What the result calls it.</param>
    /// <param name="options">The rule and all else.</param>
    /// <param name="reference">BP's update; null for BP's own.</param>
    public (RuleComparison Result, UpdateVector Update) Run(string name, TrainingOptions options, UpdateVector? reference)
    {
        using var trainer = new Trainer(start, options with { FinalErrors = true }, device);
        trainer.Step(_inputs, _targets, _count);
        var update = new UpdateVector(trainer, start);
        (string worst, double worstDistance) = update.WorstAgainst(reference ?? update);
        Planning.Program program = trainer.Plan(_count);
        var result = new RuleComparison(name, update.DistanceTo(reference ?? update), update.CosineTo(reference ?? update), worst, worstDistance, trainer.Energies(),
            program.Counts, program.Updates, reference is null ? 0 : Time(options));
        return (result, update);
    }

    /// <summary>The median time of a batch in milliseconds. α is 0, so that no run is unlike the others.</summary>
    private double Time(TrainingOptions options)
    {
        Optimizer still = options.Optimizer with { LearningRate = 0 };
        using var trainer = new Trainer(start, options with { Optimizer = still }, device);
        for (int i = 0; i < WarmUps; i++) trainer.Step(_inputs, _targets, _count);
        var times = new List<double>();
        var total = Stopwatch.StartNew();
        while (times.Count < MostRuns && (times.Count < 3 || total.Elapsed.TotalSeconds < MostSeconds))
        {
            long from = Stopwatch.GetTimestamp();
            trainer.Step(_inputs, _targets, _count);
            times.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }
        times.Sort();
        return times[times.Count / 2];
    }
}
