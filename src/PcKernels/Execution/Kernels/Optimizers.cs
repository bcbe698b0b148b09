using System.Numerics;
using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>The optimiser steps over tiles whose operands share one leading dimension; torch.optim's SGD, Adam and AdamW.</summary>
internal static unsafe class Optimizers<T, V, S>
    where T : unmanaged, IBinaryFloatingPointIeee754<T> where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sgd(int rows, int cols, int ld, T* theta, T* g, T scale, double rate, double decay)
    {
        if (g == null && decay == 0) return;
        int whole = cols - cols % S.Width;
        for (int i = 0; i < rows; i++)
        {
            T* row = theta + (nint)i * ld, gradient = g == null ? null : g + (nint)i * ld;
            OptimizerColumns<T, V, S>.Sgd(0, whole, row, gradient, scale, rate, decay);
            OptimizerColumns<T, T, Scalar<T>>.Sgd(whole, cols, row, gradient, scale, rate, decay);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Momentum(
        int rows, int cols, int ld, T* theta, T* g, T* buffer, double rate, double momentum, double decay, bool nesterov, bool first)
    {
        int whole = cols - cols % S.Width;
        for (int i = 0; i < rows; i++)
        {
            T* row = theta + (nint)i * ld, gradient = g == null ? null : g + (nint)i * ld, b = buffer + (nint)i * ld;
            OptimizerColumns<T, V, S>.Momentum(0, whole, row, gradient, b, rate, momentum, decay, nesterov, first);
            OptimizerColumns<T, T, Scalar<T>>.Momentum(whole, cols, row, gradient, b, rate, momentum, decay, nesterov, first);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Adam(
        int rows, int cols, int ld, T* theta, T* g, T* m, T* v, double rate, double beta1, double beta2, double epsilon, double decay,
        bool decoupled, double correction1, double correction2)
    {
        int whole = cols - cols % S.Width;
        for (int i = 0; i < rows; i++)
        {
            T* row = theta + (nint)i * ld, gradient = g == null ? null : g + (nint)i * ld, mean = m + (nint)i * ld, square = v + (nint)i * ld;
            OptimizerColumns<T, V, S>.Adam(0, whole, row, gradient, mean, square, rate, beta1, beta2, epsilon, decay, decoupled, correction1, correction2);
            OptimizerColumns<T, T, Scalar<T>>.Adam(whole, cols, row, gradient, mean, square, rate, beta1, beta2, epsilon, decay, decoupled, correction1, correction2);
        }
    }
}
