using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>tanh z = t / (t + 2) with t = e^2|z| − 1, and f′ = 4 (t + 1) / (t + 2)²: no cancellation near zero nor in the tails.</summary>
internal readonly struct TanhFunction<T, V, S> : IActivationFunction<V> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(V z, out V y, out V d)
    {
        V twice = S.Add(S.Abs(z), S.Abs(z));
        // Past the limit tanh is 1 to the last bit and the derivative about the smallest normal number, taken as zero.
        V limit = S.Constant(typeof(T) == typeof(float) ? 87 : 700);
        V t = Exponential<T, V, S>.ExpMinusOne(S.Min(limit, twice));
        V inverse = S.Div(S.Constant(1), S.Add(t, S.Constant(2)));
        y = S.CopySign(S.Mul(t, inverse), z);
        V slope = S.Mul(S.Mul(S.Add(t, S.Constant(1)), inverse), S.Mul(S.Constant(4), inverse));
        d = S.Select(S.Less(limit, twice), S.Zero, slope);
    }
}
