using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>f(z) = z Φ(z), f′(z) = Φ + z φ, with Φ from erf and erfc by the rational approximations of Cephes (S. L. Moshier, ndtr.c).</summary>
/// <remarks>
/// With w = |z|/√2: erf w = w T(w²)/U(w²) below 1, erfc w = e^(−w²) P(w)/Q(w) up to 8 and e^(−w²) R(w)/S(w) above. P/Q is good to float
/// precision from zero on, so float uses it alone.
/// </remarks>
internal readonly struct GeluFunction<T, V, S> : IActivationFunction<V> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(V z, out V y, out V d)
    {
        // Beyond 40 both e^(−z²/2) and Φ(−|z|) are zero; finite factors keep 0 · ∞ away.
        V above = S.Max(S.Constant(-40), z), bounded = S.Min(S.Constant(40), above);
        V w = S.Mul(S.Abs(bounded), S.Constant(0.70710678118654752440));
        // z² in two parts, or the exponential would multiply its rounding error by z²: h is z in so few bits that h² is exact, fused or not.
        double grid = typeof(T) == typeof(float) ? 64 : 1024;
        V h = S.Mul(S.Round(S.Mul(bounded, S.Constant(grid))), S.Constant(1 / grid));
        V square = S.Mul(bounded, bounded);
        V rest = S.Fma(S.Sub(bounded, h), S.Add(bounded, h), S.Sub(S.Mul(h, h), square));
        V power = S.Exp(S.Mul(S.Constant(-0.5), square));
        power = S.Fma(S.Mul(S.Constant(-0.5), rest), power, power);

        V tail = S.Mul(S.Constant(0.5), S.Mul(power, Scaled(w)));
        V phi = S.Select(S.Less(bounded, S.Zero), tail, S.Sub(S.Constant(1), tail));
        if (typeof(T) == typeof(double))
        {
            V erf = S.CopySign(Erf(w), bounded);
            phi = S.Select(S.Less(w, S.Constant(1)), S.Fma(S.Constant(0.5), erf, S.Constant(0.5)), phi);
        }
        y = S.Mul(above, phi);
        d = S.Fma(S.Mul(bounded, S.Constant(0.39894228040143267794)), power, phi);
    }

    // e^(w²) erfc(w)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Scaled(V w)
    {
        V p = S.Fma(w, S.Constant(2.46196981473530512524e-10), S.Constant(5.64189564831068821977e-1));
        p = S.Fma(w, p, S.Constant(7.46321056442269912687));
        p = S.Fma(w, p, S.Constant(4.86371970985681366614e1));
        p = S.Fma(w, p, S.Constant(1.96520832956077098242e2));
        p = S.Fma(w, p, S.Constant(5.26445194995477358631e2));
        p = S.Fma(w, p, S.Constant(9.34528527171957607540e2));
        p = S.Fma(w, p, S.Constant(1.02755188689515710272e3));
        p = S.Fma(w, p, S.Constant(5.57535335369399327526e2));
        V q = S.Add(w, S.Constant(1.32281951154744992508e1));
        q = S.Fma(w, q, S.Constant(8.67072140885989742329e1));
        q = S.Fma(w, q, S.Constant(3.54937778887819891062e2));
        q = S.Fma(w, q, S.Constant(9.75708501743205489753e2));
        q = S.Fma(w, q, S.Constant(1.82390916687909736289e3));
        q = S.Fma(w, q, S.Constant(2.24633760818710981792e3));
        q = S.Fma(w, q, S.Constant(1.65666309194161350182e3));
        q = S.Fma(w, q, S.Constant(5.57535340817727675546e2));
        V middle = S.Div(p, q);
        return typeof(T) == typeof(double) ? S.Select(S.Less(w, S.Constant(8)), middle, ScaledFar(w)) : middle;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ScaledFar(V w)
    {
        V r = S.Fma(w, S.Constant(5.64189583547755073984e-1), S.Constant(1.27536670759978104416));
        r = S.Fma(w, r, S.Constant(5.01905042251180477414));
        r = S.Fma(w, r, S.Constant(6.16021097993053585195));
        r = S.Fma(w, r, S.Constant(7.40974269950448939160));
        r = S.Fma(w, r, S.Constant(2.97886665372100240670));
        V s = S.Add(w, S.Constant(2.26052863220117276590));
        s = S.Fma(w, s, S.Constant(9.39603524938001434673));
        s = S.Fma(w, s, S.Constant(1.20489539808096656605e1));
        s = S.Fma(w, s, S.Constant(1.70814450747565897222e1));
        s = S.Fma(w, s, S.Constant(9.60896809063285878198));
        s = S.Fma(w, s, S.Constant(3.36907645100081516050));
        return S.Div(r, s);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Erf(V w)
    {
        V x = S.Mul(w, w);
        V t = S.Fma(x, S.Constant(9.60497373987051638749), S.Constant(9.00260197203842689217e1));
        t = S.Fma(x, t, S.Constant(2.23200534594684319226e3));
        t = S.Fma(x, t, S.Constant(7.00332514112805075473e3));
        t = S.Fma(x, t, S.Constant(5.55923013010394962768e4));
        V u = S.Add(x, S.Constant(3.35617141647503099647e1));
        u = S.Fma(x, u, S.Constant(5.21357949780152679795e2));
        u = S.Fma(x, u, S.Constant(4.59432382970980127987e3));
        u = S.Fma(x, u, S.Constant(2.26290000613890934246e4));
        u = S.Fma(x, u, S.Constant(4.92673942608635921086e4));
        return S.Mul(w, S.Div(t, u));
    }
}
