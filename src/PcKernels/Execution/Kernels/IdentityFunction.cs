using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>f(z) = z.</summary>
internal readonly struct IdentityFunction<T, V, S> : IActivationFunction<V> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply(V z, out V y, out V d)
    {
        y = z;
        d = S.Constant(1);
    }
}
