using System.Diagnostics;
using PcKernels.Planning;
using PcKernels.Training;

namespace PcKernels.Cli.Benchmarks;

/// <summary>A setting ready to run, with the times taken so far.</summary>
internal sealed class BenchSubject : IDisposable
{
    private const int Settling = 2;
    private const int LeastBatches = 3;
    private const int MostBatches = 4096;

    private readonly Trainer _trainer;
    private readonly float[] _inputs, _targets;
    private readonly List<double> _milliseconds = [];
    private bool _isFed;

    /// <summary>Plans the setting and allocates what it needs.</summary>
    public BenchSubject(BenchSetting setting)
    {
        Setting = setting;
        (_inputs, _targets) = setting.Data();
        _trainer = new Trainer(setting.Net.Model, setting.Options, setting.Device);
        Counts = _trainer.Plan(setting.Batch).Counts;
    }

    /// <summary>The setting.</summary>
    public BenchSetting Setting { get; }

    /// <summary>Operations of the program that runs.</summary>
    public ProgramCounts Counts { get; }

    /// <summary>Times of single batches.</summary>
    public IReadOnlyList<double> Milliseconds => _milliseconds;

    /// <summary>Runs batches for a time without keeping their times.</summary>
    public void WarmUp(double seconds, int leastBatches, CancellationToken cancellation)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; (i < leastBatches || Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds) && !cancellation.IsCancellationRequested; i++) Step();
    }

    /// <summary>Runs and times batches for a time, after some that find their caches and wake their workers. Nothing is allocated between the first time and the last.</summary>
    /// <param name="seconds">How long, for three batches at least.</param>
    /// <param name="scratch">Room for the times of one slice; <see cref="Scratch"/> makes it.</param>
    /// <param name="keepsAll">Whether times are kept even where the garbage collector ran meanwhile.</param>
    /// <param name="cancellation">Ends the slice after the batch that is running; its times are then dropped.</param>
    /// <returns>Whether the times were kept.</returns>
    public bool Slice(double seconds, double[] scratch, bool keepsAll, CancellationToken cancellation)
    {
        for (int i = 0; i < Settling; i++) Step();
        int collections = GC.CollectionCount(0), count = 0;
        long begin = Stopwatch.GetTimestamp(), last = begin;
        while (count < scratch.Length && (count < LeastBatches || Stopwatch.GetElapsedTime(begin, last).TotalSeconds < seconds))
        {
            if (cancellation.IsCancellationRequested) return false;
            long from = Stopwatch.GetTimestamp();
            Step();
            last = Stopwatch.GetTimestamp();
            scratch[count++] = Stopwatch.GetElapsedTime(from, last).TotalMilliseconds;
        }
        if (GC.CollectionCount(0) != collections && !keepsAll) return false;
        _milliseconds.AddRange(scratch.AsSpan(0, count));
        return true;
    }

    /// <summary>Room for one slice.</summary>
    public static double[] Scratch() => new double[MostBatches];

    /// <inheritdoc/>
    public void Dispose() => _trainer.Dispose();

    // The batch goes to the device once and stays there.
    private void Step()
    {
        if (_isFed) _trainer.Step(Setting.Batch);
        else _trainer.Step(_inputs, _targets, Setting.Batch);
        _isFed = true;
    }
}
