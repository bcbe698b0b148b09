using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>f(z) = z above zero, else 0.01 z; f′(0) = 0.01; NaN passes through.</summary>
internal readonly struct LeakyReluFunction<T, V, S> : IActivationFunction<V> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(V z, out V y, out V d)
    {
        V slope = S.Constant(0.01), on = S.Less(S.Zero, z);
        y = S.Select(on, z, S.Mul(slope, z));
        d = S.Select(on, S.Constant(1), S.Select(S.LessOrEqual(z, S.Zero), slope, z));
    }
}
