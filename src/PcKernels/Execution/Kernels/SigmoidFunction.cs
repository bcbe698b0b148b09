using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>σ(z) from e^−|z|, which cannot overflow; σ′ = e^−|z| / (1 + e^−|z|)².</summary>
internal readonly struct SigmoidFunction<T, V, S> : IActivationFunction<V> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(V z, out V y, out V d)
    {
        y = Value(z, out d);
    }

    /// <summary>σ(z) and its derivative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value(V z, out V slope)
    {
        V power = S.Exp(S.Sub(S.Zero, S.Abs(z)));
        V inverse = S.Div(S.Constant(1), S.Add(S.Constant(1), power));
        slope = S.Mul(S.Mul(power, inverse), inverse);
        return S.Mul(S.Select(S.Less(z, S.Zero), power, S.Constant(1)), inverse);
    }
}
