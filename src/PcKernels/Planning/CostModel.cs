using System.Globalization;
using PcKernels.Planning.Tasks;

namespace PcKernels.Planning;

/// <summary>A rough price of a program: products at a rate, bytes at a rate, and a barrier after every wave. It chooses between forms of the same result; nothing else depends on it.</summary>
/// <remarks>The constants do not depend on the machine or its number of processors, so that the same program is planned everywhere and the bits stay the same.</remarks>
/// <param name="FlopPerSecond">Products, on one processor.</param>
/// <param name="BytesPerSecond">What tasks read and write, mostly in cache, on one processor.</param>
/// <param name="WaveSeconds">One barrier between waves.</param>
/// <param name="TaskSeconds">Handing out one task.</param>
public sealed record CostModel(double FlopPerSecond, double BytesPerSecond, double WaveSeconds, double TaskSeconds)
{
    private const int SingleBytes = 4;

    /// <summary>One processor with vectors of 512 bits, single precision (an AMD EPYC, Zen 4; fitted to bench/results/costs.txt).</summary>
    public static CostModel Processor { get; } = new(100e9, 40e9, 0.3e-6, 0.2e-6);

    /// <summary>The constants in words.</summary>
    public string Describe() => string.Create(CultureInfo.InvariantCulture,
        $"{FlopPerSecond / 1e9:g3} GFLOP/s, {BytesPerSecond / 1e9:g3} GB/s, {WaveSeconds * 1e6:g3} µs a wave, {TaskSeconds * 1e6:g3} µs a task");

    /// <summary>Seconds of so many floating-point operations on so many 4-byte elements.</summary>
    public double Seconds(double flop, double elements) => flop / FlopPerSecond + SingleBytes * elements / BytesPerSecond + TaskSeconds;

    /// <summary>Seconds of a task.</summary>
    public double Seconds(PlanTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Flop / FlopPerSecond + task.Bytes(SingleBytes) / BytesPerSecond + TaskSeconds;
    }

    /// <summary>Seconds of one round of a phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="processors">Processors that share each wave evenly, ≥ 1.</param>
    public double Seconds(Phase phase, int processors = 1)
    {
        ArgumentNullException.ThrowIfNull(phase);
        ArgumentOutOfRangeException.ThrowIfLessThan(processors, 1);
        return phase.Waves.Sum(w => w.Tasks.Sum(Seconds) / processors + WaveSeconds);
    }

    /// <summary>Seconds of a batch.</summary>
    /// <param name="program">The program.</param>
    /// <param name="processors">Processors that share each wave evenly, ≥ 1.</param>
    public double Seconds(Program program, int processors = 1)
    {
        ArgumentNullException.ThrowIfNull(program);
        return program.Phases.Sum(p => p.Repeats * Seconds(p, processors));
    }
}
