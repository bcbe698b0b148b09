using System.Runtime.CompilerServices;
using PcKernels.Graphs;

namespace PcKernels.Execution.Kernels;

/// <summary>Applies a nonlinearity to a tile and, where wanted, writes its derivative.</summary>
internal static unsafe class Activations<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    // Rows are allocated in multiples of this many elements, and so end the pads.
    private const int PadTo = 16;

    public static void Run(Activation f, int rows, int cols, T* z, int ldz, T* y, int ldy, T* derivative, int ldd)
    {
        switch (f)
        {
            case Activation.Identity: Tile<IdentityFunction<T, V, S>>(rows, cols, z, ldz, y, ldy, derivative, ldd); break;
            case Activation.Tanh: Tile<TanhFunction<T, V, S>>(rows, cols, z, ldz, y, ldy, derivative, ldd); break;
            case Activation.Relu: Tile<ReluFunction<T, V, S>>(rows, cols, z, ldz, y, ldy, derivative, ldd); break;
            case Activation.LeakyRelu: Tile<LeakyReluFunction<T, V, S>>(rows, cols, z, ldz, y, ldy, derivative, ldd); break;
            case Activation.Sigmoid: Tile<SigmoidFunction<T, V, S>>(rows, cols, z, ldz, y, ldy, derivative, ldd); break;
            case Activation.Gelu: Tile<GeluFunction<T, V, S>>(rows, cols, z, ldz, y, ldy, derivative, ldd); break;
            case Activation.Silu: Tile<SiluFunction<T, V, S>>(rows, cols, z, ldz, y, ldy, derivative, ldd); break;
            default: throw new ArgumentOutOfRangeException(nameof(f), f, "no kernel for this activation");
        }
    }

    private static void Tile<F>(int rows, int cols, T* z, int ldz, T* y, int ldy, T* derivative, int ldd) where F : struct, IActivationFunction<V>
    {
        for (int i = 0; i < rows; i++)
        {
            T* from = z + (nint)i * ldz, to = y + (nint)i * ldy;
            if (derivative == null) Row<F>(cols, from, to);
            else Row<F>(cols, from, to, derivative + (nint)i * ldd);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<F>(int cols, T* z, T* y) where F : struct, IActivationFunction<V>
    {
        int whole = cols - cols % S.Width;
        for (int j = 0; j < whole; j += S.Width)
        {
            F.Apply(S.Load(z + j), out V value, out _);
            S.Store(value, y + j);
        }
        if (whole < cols)
        {
            F.Apply(S.Load(z + whole), out V value, out _);
            S.Store(S.Select(S.FirstLanes(cols - whole), value, S.Zero), y + whole);
        }
        ClearPad(cols, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<F>(int cols, T* z, T* y, T* derivative) where F : struct, IActivationFunction<V>
    {
        int whole = cols - cols % S.Width;
        for (int j = 0; j < whole; j += S.Width)
        {
            F.Apply(S.Load(z + j), out V value, out V slope);
            S.Store(value, y + j);
            S.Store(slope, derivative + j);
        }
        if (whole < cols)
        {
            F.Apply(S.Load(z + whole), out V value, out V slope);
            V mask = S.FirstLanes(cols - whole);
            S.Store(S.Select(mask, value, S.Zero), y + whole);
            S.Store(S.Select(mask, slope, S.Zero), derivative + whole);
        }
        ClearPad(cols, y);
        ClearPad(cols, derivative);
    }

    /// <summary>Clears what lies behind a row's last vector, which itself reaches into the pad and is masked there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ClearPad(int cols, T* row)
    {
        int end = (cols + PadTo - 1) / PadTo * PadTo;
        for (int j = (cols + S.Width - 1) / S.Width * S.Width; j < end; j += S.Width) S.Store(S.Zero, row + j);
    }
}
