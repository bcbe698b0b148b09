using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>f(z) = max(z, 0), f′(0) = 0; both comparisons fail for NaN, which passes through.</summary>
internal readonly struct ReluFunction<T, V, S> : IActivationFunction<V> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(V z, out V y, out V d)
    {
        V off = S.LessOrEqual(z, S.Zero);
        y = S.Select(off, S.Zero, z);
        d = S.Select(off, S.Zero, S.Select(S.Less(S.Zero, z), S.Constant(1), z));
    }
}
