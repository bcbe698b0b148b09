using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>f(z) = z σ(z), f′(z) = σ + z σ′.</summary>
internal readonly struct SiluFunction<T, V, S> : IActivationFunction<V> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(V z, out V y, out V d)
    {
        V sigma = SigmoidFunction<T, V, S>.Value(z, out V slope);
        // Where σ is 0 or σ′ is 0 the factor is kept finite, since 0 · ∞ is NaN and the limits are 0 and 1.
        V above = S.Max(S.Constant(-1e4), z);
        y = S.Mul(above, sigma);
        d = S.Fma(S.Min(S.Constant(1e4), above), slope, sigma);
    }
}
