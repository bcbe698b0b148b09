using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>e^x and e^x − 1 for vectors: x = n ln 2 + r with |r| ≤ ½ ln 2, and e^r − 1 by its Taylor polynomial (degree 7 or 13: 5e-9, 4e-18).</summary>
internal static class Exponential<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    /// <summary>e^x; infinity above the range, 0 below it, NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp(V x)
    {
        V bounded = typeof(T) == typeof(float)
            ? S.Min(S.Constant(89), S.Max(S.Constant(-105), x))
            : S.Min(S.Constant(710), S.Max(S.Constant(-746), x));
        V n = Reduce(bounded, out V q);
        // Two factors, since 2^n alone leaves the normal range where the result is subnormal or infinite.
        V half = S.Round(S.Mul(n, S.Constant(0.5)));
        return S.Mul(S.Mul(S.Add(q, S.Constant(1)), S.PowerOfTwo(half)), S.PowerOfTwo(S.Sub(n, half)));
    }

    /// <summary>e^x − 1 without cancellation, for 0 ≤ x below the overflow of e^x (87 or 700).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpMinusOne(V x)
    {
        V power = S.PowerOfTwo(Reduce(x, out V q));
        return S.Fma(power, q, S.Sub(power, S.Constant(1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Reduce(V x, out V q)
    {
        V n = S.Round(S.Mul(x, S.Constant(1.4426950408889634)));
        // ln 2 in two parts, the first short enough that n times it is exact with or without a fused multiply-add.
        V r = typeof(T) == typeof(float)
            ? S.Fma(n, S.Constant(2.12194440e-4), S.Fma(n, S.Constant(-0.693359375), x))
            : S.Fma(n, S.Constant(-1.42860682030941723212e-6), S.Fma(n, S.Constant(-6.93145751953125e-1), x));
        V p = S.Constant(1.0 / 5040);
        if (typeof(T) == typeof(double))
        {
            p = S.Constant(1.0 / 6227020800);
            p = S.Fma(p, r, S.Constant(1.0 / 479001600));
            p = S.Fma(p, r, S.Constant(1.0 / 39916800));
            p = S.Fma(p, r, S.Constant(1.0 / 3628800));
            p = S.Fma(p, r, S.Constant(1.0 / 362880));
            p = S.Fma(p, r, S.Constant(1.0 / 40320));
            p = S.Fma(p, r, S.Constant(1.0 / 5040));
        }
        p = S.Fma(p, r, S.Constant(1.0 / 720));
        p = S.Fma(p, r, S.Constant(1.0 / 120));
        p = S.Fma(p, r, S.Constant(1.0 / 24));
        p = S.Fma(p, r, S.Constant(1.0 / 6));
        p = S.Fma(p, r, S.Constant(0.5));
        q = S.Fma(S.Mul(r, r), p, r);
        return n;
    }
}
