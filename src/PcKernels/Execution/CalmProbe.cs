using System.Diagnostics;
using PcKernels.Execution.Cpu;
using PcKernels.Execution.Kernels;

namespace PcKernels.Execution;

/// <summary>How much others leave of a processor: a float product that stays in the first-level cache, timed again and again between measurements of something else.</summary>
/// <remarks>
/// A neighbour on the other thread of a core takes the caches, the decoder and the ports that a product needs and leaves a bare loop of multiply-adds (<see cref="FmaPeak"/>) as
/// fast as it was: with it a share of the peak says less of a program than of the machine. Belongs to one thread at a time; samples allocate nothing.
/// </remarks>
public sealed unsafe class CalmProbe : IDisposable
{
    private const int Rows = 24, Columns = 32, Depth = 96;
    private const int Products = 16, Timings = 16, MostTimings = 1 << 16;

    private readonly NativeArena _arena = new((Rows * Depth + Depth * Columns + Rows * Columns) * sizeof(float));
    private readonly double[] _rates = new double[MostTimings];
    private int _count;

    /// <summary>The median of all rates so far over the best of them, in (0, 1]: near 1 on a machine that does nothing else, about ½ where a neighbour shares the core; 0 before the first sample.</summary>
    public double Share
    {
        get
        {
            if (_count == 0) return 0;
            double[] sorted = [.. _rates.AsSpan(0, _count)];
            Array.Sort(sorted);
            return sorted[_count / 2] / sorted[^1];
        }
    }

    /// <summary>Takes some 0.5 ms on the calling thread. After 4096 samples further ones are not kept.</summary>
    public void Sample()
    {
        float* a = _arena.Pointer<float>(), b = a + Rows * Depth, c = b + Depth * Columns;
        CpuKernels<float> kernels = CpuKernels<float>.Best;
        for (int timing = 0; timing < Timings; timing++)
        {
            long begin = Stopwatch.GetTimestamp();
            for (int i = 0; i < Products; i++) kernels.Outer(Rows, Columns, Depth, a, Depth, 1, b, Columns, c, Columns, false, null);
            double rate = Products / Math.Max(1e-9, Stopwatch.GetElapsedTime(begin).TotalSeconds);
            if (_count < MostTimings) _rates[_count++] = rate;
        }
    }

    /// <summary>Forgets all samples, such as those of a program that the runtime has not yet compiled to its best.</summary>
    public void Clear() => _count = 0;

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();
}
