using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PcKernels.Execution.Kernels;
using PcKernels.Graphs;

namespace PcKernels.Execution;

/// <summary>The rate of multiply-adds that processors reach from registers alone: with a program's FLOP, the floor under its time.</summary>
public static class FmaPeak
{
    private const int Chains = 12;
    private const int Turns = 500_000;
    private const int Runs = 40;

    /// <summary>The best of several short runs (some tens of milliseconds in all), in GFLOP/s, at the vectors that the CPU device uses here.</summary>
    /// <param name="threads">Threads that run at the same time, ≥ 1; their rates are added. More than there are processors gain nothing.</param>
    /// <param name="dtype">F32 or F64.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one thread, or another element type.</exception>
    public static double Measure(int threads = 1, DType dtype = DType.F32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return (dtype, CpuDevice.VectorBits) switch
        {
            (DType.F32, 512) => Best<float, Vector512<float>, Simd512<float>>(threads),
            (DType.F32, 256) => Best<float, Vector256<float>, Simd256<float>>(threads),
            (DType.F32, _) => Best<float, Vector128<float>, Simd128<float>>(threads),
            (DType.F64, 512) => Best<double, Vector512<double>, Simd512<double>>(threads),
            (DType.F64, 256) => Best<double, Vector256<double>, Simd256<double>>(threads),
            (DType.F64, _) => Best<double, Vector128<double>, Simd128<double>>(threads),
            _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "values are F32 or F64"),
        };
    }

    private static double Best<T, V, S>(int threads) where T : unmanaged, IBinaryFloatingPointIeee754<T> where V : struct where S : struct, ISimd<T, V>
    {
        var seconds = new double[threads, Runs];
        // All begin each run together, so that none has the machine for itself.
        using var start = new Barrier(threads);
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(worker => new Thread(() =>
        {
            T sink = T.Zero;
            for (int run = 0; run < Runs; run++)
            {
                if (threads > 1) start.SignalAndWait();
                long begin = Stopwatch.GetTimestamp();
                sink += Loop<T, V, S>(Turns);
                seconds[worker, run] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            }
            GC.KeepAlive(sink);
        }))];
        foreach (Thread worker in workers) worker.Start();
        foreach (Thread worker in workers) worker.Join();
        double flop = 2.0 * S.Width * Chains * Turns;
        return Enumerable.Range(0, Runs).Max(run => Enumerable.Range(0, threads).Sum(worker => flop / seconds[worker, run])) / 1e9;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T Loop<T, V, S>(int turns) where T : unmanaged, IBinaryFloatingPointIeee754<T> where V : struct where S : struct, ISimd<T, V>
    {
        V x = S.Constant(0.999), y = S.Constant(1e-9);
        V a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int turn = 0; turn < turns; turn++)
        {
            a = S.Fma(a, x, y);
            b = S.Fma(b, x, y);
            c = S.Fma(c, x, y);
            d = S.Fma(d, x, y);
            e = S.Fma(e, x, y);
            f = S.Fma(f, x, y);
            g = S.Fma(g, x, y);
            h = S.Fma(h, x, y);
            i = S.Fma(i, x, y);
            j = S.Fma(j, x, y);
            k = S.Fma(k, x, y);
            l = S.Fma(l, x, y);
        }
        V low = S.Add(S.Add(S.Add(a, b), S.Add(c, d)), S.Add(e, f)), high = S.Add(S.Add(S.Add(g, h), S.Add(i, j)), S.Add(k, l));
        return S.Sum(S.Add(low, high));
    }
}
