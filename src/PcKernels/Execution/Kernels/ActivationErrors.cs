using System.Runtime.CompilerServices;
using PcKernels.Graphs;

namespace PcKernels.Execution.Kernels;

/// <summary>What follows a product of a Gaussian vertex, in one pass: where layers are narrow, passes of their own take as long as the products.</summary>
internal static unsafe class ActivationErrors<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    public static void Run(
        Activation f, int rows, int cols, T* z, int ldz, T* bias, T* y, int ldy, T* derivative, int ldd, T* x, int ldx, T* e, int lde, T precision, T* delta, int ldDelta)
    {
        for (nint i = 0; i < rows; i++)
        {
            T* sum = z + i * ldz, prediction = y == null ? null : y + i * ldy, slope = derivative == null ? null : derivative + i * ldd;
            T* value = x + i * ldx, error = e == null ? null : e + i * lde, result = delta + i * ldDelta;
            switch (f)
            {
                case Activation.Identity: Row<IdentityFunction<T, V, S>>(cols, sum, bias, prediction, slope, value, error, precision, result); break;
                case Activation.Tanh: Row<TanhFunction<T, V, S>>(cols, sum, bias, prediction, slope, value, error, precision, result); break;
                case Activation.Relu: Row<ReluFunction<T, V, S>>(cols, sum, bias, prediction, slope, value, error, precision, result); break;
                case Activation.LeakyRelu: Row<LeakyReluFunction<T, V, S>>(cols, sum, bias, prediction, slope, value, error, precision, result); break;
                case Activation.Sigmoid: Row<SigmoidFunction<T, V, S>>(cols, sum, bias, prediction, slope, value, error, precision, result); break;
                case Activation.Gelu: Row<GeluFunction<T, V, S>>(cols, sum, bias, prediction, slope, value, error, precision, result); break;
                case Activation.Silu: Row<SiluFunction<T, V, S>>(cols, sum, bias, prediction, slope, value, error, precision, result); break;
                default: throw new ArgumentOutOfRangeException(nameof(f), f, "no kernel for this activation");
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<F>(int cols, T* z, T* bias, T* y, T* derivative, T* x, T* e, T precision, T* delta) where F : struct, IActivationFunction<V>
    {
        V pi = S.Broadcast(precision);
        nint whole = cols - cols % S.Width;
        for (nint j = 0; j < whole; j += S.Width)
        {
            V sum = S.Load(z + j);
            if (bias != null) sum = S.Add(sum, S.Load(bias + j));
            F.Apply(sum, out V value, out V slope);
            V error = S.Sub(S.Load(x + j), value);
            if (y != null) S.Store(value, y + j);
            if (derivative != null) S.Store(slope, derivative + j);
            if (e != null) S.Store(error, e + j);
            S.Store(S.Mul(S.Mul(pi, error), slope), delta + j);
        }
        if (whole < cols)
        {
            // The last vector reaches into the pad, where f(0) need not be zero.
            V mask = S.FirstLanes(cols - (int)whole), sum = S.Load(z + whole);
            if (bias != null) sum = S.Add(sum, S.Load(bias + whole));
            F.Apply(sum, out V value, out V slope);
            V error = S.Select(mask, S.Sub(S.Load(x + whole), value), S.Zero);
            if (y != null) S.Store(S.Select(mask, value, S.Zero), y + whole);
            if (derivative != null) S.Store(S.Select(mask, slope, S.Zero), derivative + whole);
            if (e != null) S.Store(error, e + whole);
            S.Store(S.Select(mask, S.Mul(S.Mul(pi, error), slope), S.Zero), delta + whole);
        }
        if (y != null) Activations<T, V, S>.ClearPad(cols, y);
        if (derivative != null) Activations<T, V, S>.ClearPad(cols, derivative);
    }
}
