using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>One row of each elementwise kernel over columns [from, to): whole vectors of width V, or single elements with <see cref="Scalar{T}"/>, by the same operations and so with the same bits.</summary>
internal static unsafe class ElementwiseColumns<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(int from, int to, T* a, T* b, T* c)
    {
        for (int j = from; j < to; j += S.Width) S.Store(S.Add(S.Load(a + j), S.Load(b + j)), c + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Subtract(int from, int to, T* a, T* b, T* c)
    {
        for (int j = from; j < to; j += S.Width) S.Store(S.Sub(S.Load(a + j), S.Load(b + j)), c + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(int from, int to, T* a, T* b, T* c)
    {
        for (int j = from; j < to; j += S.Width) S.Store(S.Mul(S.Load(a + j), S.Load(b + j)), c + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(int from, int to, T* a, T factor, T* c)
    {
        V f = S.Broadcast(factor);
        for (int j = from; j < to; j += S.Width) S.Store(S.Mul(f, S.Load(a + j)), c + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weight(int from, int to, T* e, T* precisions, T precision, T* derivative, T* delta)
    {
        V pi = S.Broadcast(precision);
        for (int j = from; j < to; j += S.Width)
        {
            V weighted = S.Mul(precisions == null ? pi : S.Load(precisions + j), S.Load(e + j));
            S.Store(derivative == null ? weighted : S.Mul(weighted, S.Load(derivative + j)), delta + j);
        }
    }

    // As most values move: every error has the same precision, and there is no momentum.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MovePlain(nint from, nint to, T* x, T* moved, T* e, T precision, T* adjoint, T gamma)
    {
        V pi = S.Broadcast(precision), step = S.Broadcast(gamma);
        for (nint j = from; j < to; j += S.Width)
            S.Store(S.Sub(S.Load(x + j), S.Mul(step, S.Sub(S.Mul(pi, S.Load(e + j)), S.Load(adjoint + j)))), moved + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Move(int from, int to, T* x, T* moved, T* e, T* precisions, T precision, T* adjoint, T gamma, T* velocity, T momentum)
    {
        V pi = S.Broadcast(precision), step = S.Broadcast(gamma), kept = S.Broadcast(momentum);
        for (int j = from; j < to; j += S.Width)
        {
            V g = e == null ? S.Zero : S.Mul(precisions == null ? pi : S.Load(precisions + j), S.Load(e + j));
            if (adjoint != null) g = S.Sub(g, S.Load(adjoint + j));
            if (velocity != null)
            {
                g = S.Add(S.Mul(kept, S.Load(velocity + j)), g);
                S.Store(g, velocity + j);
            }
            S.Store(S.Sub(S.Load(x + j), S.Mul(step, g)), moved + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DeltaOfMove(nint from, nint to, T* x, T* adjoint, T gamma, T* mu, T precision, T* delta)
    {
        V pi = S.Broadcast(precision), step = S.Broadcast(gamma);
        for (nint j = from; j < to; j += S.Width)
        {
            V value = S.Sub(S.Load(x + j), S.Mul(step, S.Sub(S.Zero, S.Load(adjoint + j))));
            S.Store(S.Mul(pi, S.Sub(value, S.Load(mu + j))), delta + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DeltaOfMove(nint from, nint to, T* x, T* adjoint, T gamma, T* mu, T precision, T* derivative, T* delta)
    {
        V pi = S.Broadcast(precision), step = S.Broadcast(gamma);
        for (nint j = from; j < to; j += S.Width)
        {
            V value = S.Sub(S.Load(x + j), S.Mul(step, S.Sub(S.Zero, S.Load(adjoint + j))));
            S.Store(S.Mul(S.Mul(pi, S.Sub(value, S.Load(mu + j))), S.Load(derivative + j)), delta + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MoveWithError(int from, int to, T* x, T* moved, T* adjoint, T gamma, T* mu, T* e, T precision, T* derivative, T* delta)
    {
        V pi = S.Broadcast(precision), step = S.Broadcast(gamma);
        for (int j = from; j < to; j += S.Width)
        {
            V value = S.Sub(S.Load(x + j), S.Mul(step, S.Sub(S.Zero, S.Load(adjoint + j))));
            V error = S.Sub(value, S.Load(mu + j));
            if (moved != null) S.Store(value, moved + j);
            if (e != null) S.Store(error, e + j);
            V weighted = S.Mul(pi, error);
            S.Store(derivative == null ? weighted : S.Mul(weighted, S.Load(derivative + j)), delta + j);
        }
    }
}
