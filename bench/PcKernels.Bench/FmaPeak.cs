using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PcKernels.Execution.Kernels;

namespace PcKernels.Bench;

/// <summary>The rate of multiply-adds that one core reaches from registers alone: the floor under every product's time.</summary>
internal static class FmaPeak
{
    private const int Chains = 12;
    private const int Turns = 500_000;

    /// <summary>The best of several short runs, in GFLOP/s, for float at the vectors that this machine's kernels use.</summary>
    public static double Measure() => CpuKernels<float>.Best.Bits switch
    {
        512 => Best<Vector512<float>, Simd512<float>>(),
        256 => Best<Vector256<float>, Simd256<float>>(),
        _ => Best<Vector128<float>, Simd128<float>>(),
    };

    private static double Best<V, S>() where V : struct where S : struct, ISimd<float, V>
    {
        double best = double.MaxValue;
        float sink = 0;
        for (int run = 0; run < 50; run++)
        {
            long start = Stopwatch.GetTimestamp();
            sink += Loop<V, S>(Turns);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        GC.KeepAlive(sink);
        return 2.0 * S.Width * Chains * Turns / best / 1e9;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Loop<V, S>(int turns) where V : struct where S : struct, ISimd<float, V>
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
