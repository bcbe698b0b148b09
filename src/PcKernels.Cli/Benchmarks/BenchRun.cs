using PcKernels.Cuda;
using PcKernels.Execution;

namespace PcKernels.Cli.Benchmarks;

/// <summary>Measures settings in rounds, each of which times every setting for a slice, so that a machine that drifts drifts for all.</summary>
/// <param name="seconds">Time measured of each setting in all.</param>
/// <param name="rounds">Rounds that it is shared out to.</param>
internal sealed class BenchRun(double seconds, int rounds)
{
    private const double WarmUpSeconds = 0.5;
    private const double LeastWarmUpSeconds = 0.05;
    private const int WarmUpBatches = 30;
    // Enough for a graph to be made; the emulator takes long over each.
    private const int DeviceWarmUpBatches = 2;
    private const int Retries = 3;
    private const int CalmWarmUp = 8;

    private readonly Dictionary<int, double> _peaks = [];

    /// <summary>Rounds that ended.</summary>
    public int Done { get; private set; }

    /// <summary>Peak in GFLOP/s by number of processors used; that of a GPU, from its clock and units, under 0.</summary>
    public IReadOnlyDictionary<int, double> Peaks => _peaks;

    /// <summary>What others left of a processor while this ran, by <see cref="CalmProbe"/> on the calling thread before each slice; null where nothing ran on the CPU.</summary>
    public double? Calm { get; private set; }

    /// <summary>Checks, warms up, measures. When cancelled, what the rounds so far have given.</summary>
    /// <exception cref="RunException">f32 and f64 disagree, or an energy is not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before a round had ended.</exception>
    public List<BenchResult> Measure(IReadOnlyList<BenchSetting> settings, CancellationToken cancellation)
    {
        var differences = new List<double>();
        var subjects = new List<BenchSubject>();
        try
        {
            foreach (BenchSetting setting in settings)
            {
                cancellation.ThrowIfCancellationRequested();
                differences.Add(PrecisionCheck.Difference(setting));
                subjects.Add(new BenchSubject(setting));
                MeasurePeak(setting);
            }
            double warmUp = Math.Min(seconds, Math.Max(LeastWarmUpSeconds, WarmUpSeconds / settings.Count));
            foreach (BenchSubject subject in subjects) subject.WarmUp(warmUp, subject.Setting.Other is null ? WarmUpBatches : DeviceWarmUpBatches, cancellation);
            using var probe = new CalmProbe();
            for (int i = 0; i < CalmWarmUp; i++) probe.Sample();
            probe.Clear();
            GC.Collect();
            Rounds(subjects, probe, cancellation);
            if (settings.Any(static s => Processors(s) > 0)) Calm = probe.Share;
            if (subjects.Any(static s => s.Milliseconds.Count == 0)) cancellation.ThrowIfCancellationRequested();
            return [.. subjects.Zip(differences, Result)];
        }
        finally
        {
            foreach (BenchSubject subject in subjects) subject.Dispose();
        }
    }

    // 0 for a device that is not the CPU.
    private static int Processors(BenchSetting setting) => Math.Min(setting.Threads, Environment.ProcessorCount);

    private void MeasurePeak(BenchSetting setting)
    {
        int processors = Processors(setting);
        if (_peaks.ContainsKey(processors)) return;
        if (processors > 0) _peaks.Add(processors, FmaPeak.Measure(processors, setting.Options.DType));
        else if ((setting.Other as CudaDevice)?.PeakGflops(setting.Options.DType) is double peak) _peaks.Add(processors, peak);
    }

    private void Rounds(List<BenchSubject> subjects, CalmProbe probe, CancellationToken cancellation)
    {
        double[] scratch = BenchSubject.Scratch();
        for (Done = 0; Done < rounds; Done++)
            foreach (BenchSubject subject in subjects)
            {
                if (Processors(subject.Setting) > 0) probe.Sample();
                // Nothing allocates here, so a collection is another thread's; should it not leave the process alone, its times count.
                for (int attempt = 1; !subject.Slice(seconds / rounds, scratch, attempt > Retries, cancellation); attempt++)
                {
                    if (cancellation.IsCancellationRequested) return;
                }
            }
    }

    private BenchResult Result(BenchSubject subject, double difference) =>
        new(subject.Setting, Spread.Of(subject.Milliseconds), subject.Counts, _peaks.TryGetValue(Processors(subject.Setting), out double peak) ? peak : null, difference) { Cublas = Cublas(subject), Execution = (subject.Setting.Other as CudaDevice)?.Plan(subject.Program, subject.Setting.Options.DType).Execution };

    // A peer: where it is missing the measurement stands without it.
    private static double? Cublas(BenchSubject subject)
    {
        if (subject.Setting.Other is not CudaDevice { IsEmulated: false } device) return null;
        try
        {
            return device.CublasMilliseconds(subject.Program, subject.Setting.Options.DType);
        }
        catch (InputException)
        {
            return null;
        }
    }
}
