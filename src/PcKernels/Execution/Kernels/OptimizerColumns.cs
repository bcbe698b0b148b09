using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>One row of each optimiser step over columns [from, to). Sums and products are rounded one by one, so that vectors and single elements agree.</summary>
internal static unsafe class OptimizerColumns<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sgd(nint from, nint to, T* theta, T* g, T scale, double rate, double decay)
    {
        V lr = S.Constant(rate), lambda = S.Constant(decay), factor = S.Broadcast(scale);
        if (g != null && decay == 0)
        {
            for (nint j = from; j < to; j += S.Width) S.Store(S.Sub(S.Load(theta + j), S.Mul(lr, S.Mul(factor, S.Load(g + j)))), theta + j);
            return;
        }
        for (nint j = from; j < to; j += S.Width)
        {
            V value = S.Load(theta + j), decayed = S.Mul(lambda, value);
            S.Store(S.Sub(value, S.Mul(lr, g == null ? decayed : S.Add(S.Mul(factor, S.Load(g + j)), decayed))), theta + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Momentum(int from, int to, T* theta, T* g, T* buffer, double rate, double momentum, double decay, bool nesterov, bool first)
    {
        V lr = S.Constant(rate), lambda = S.Constant(decay), m = S.Constant(momentum);
        for (int j = from; j < to; j += S.Width)
        {
            V value = S.Load(theta + j), gradient = Gradient(g, j, value, lambda, decay != 0);
            V b = first ? gradient : S.Add(S.Mul(m, S.Load(buffer + j)), gradient);
            S.Store(b, buffer + j);
            S.Store(S.Sub(value, S.Mul(lr, nesterov ? S.Add(gradient, S.Mul(m, b)) : b)), theta + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Adam(
        int from, int to, T* theta, T* g, T* m, T* v, double rate, double beta1, double beta2, double epsilon, double decay, bool decoupled,
        double correction1, double correction2)
    {
        V step = S.Constant(rate / correction1), root = S.Constant(Math.Sqrt(correction2)), eps = S.Constant(epsilon);
        V b1 = S.Constant(beta1), r1 = S.Constant(1 - beta1), b2 = S.Constant(beta2), r2 = S.Constant(1 - beta2);
        V lambda = S.Constant(decay), kept = S.Constant(1 - rate * decay);
        for (int j = from; j < to; j += S.Width)
        {
            V value = S.Load(theta + j), gradient = Gradient(g, j, value, lambda, decay != 0 && !decoupled);
            if (decoupled) value = S.Mul(value, kept);
            V mean = S.Add(S.Mul(b1, S.Load(m + j)), S.Mul(r1, gradient));
            V square = S.Add(S.Mul(b2, S.Load(v + j)), S.Mul(r2, S.Mul(gradient, gradient)));
            S.Store(mean, m + j);
            S.Store(square, v + j);
            V denominator = S.Add(S.Div(S.Sqrt(square), root), eps);
            S.Store(S.Sub(value, S.Mul(step, S.Div(mean, denominator))), theta + j);
        }
    }

    // No gradient is a gradient of zero: decay and moments go on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Gradient(T* g, int j, V value, V lambda, bool decays)
    {
        V gradient = g == null ? S.Zero : S.Load(g + j);
        return decays ? S.Add(gradient, S.Mul(lambda, value)) : gradient;
    }
}
