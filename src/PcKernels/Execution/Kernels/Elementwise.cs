using System.Numerics;
using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>The elementwise kernels over tiles: the rows of <see cref="ElementwiseColumns{T, V, S}"/>, vectors first and the rest one by one.</summary>
internal static unsafe class Elementwise<T, V, S>
    where T : unmanaged, IBinaryFloatingPointIeee754<T> where V : struct where S : struct, ISimd<T, V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddBias(int rows, int cols, T* c, int ldc, T* bias)
    {
        int whole = cols - cols % S.Width;
        for (int i = 0; i < rows; i++)
        {
            T* row = c + (nint)i * ldc;
            ElementwiseColumns<T, V, S>.Add(0, whole, row, bias, row);
            ElementwiseColumns<T, T, Scalar<T>>.Add(whole, cols, row, bias, row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Error(int rows, int cols, T* x, int ldx, T* mu, int ldm, T* e, int lde)
    {
        int whole = cols - cols % S.Width;
        for (int i = 0; i < rows; i++)
        {
            T* p = x + (nint)i * ldx, q = mu + (nint)i * ldm, r = e + (nint)i * lde;
            ElementwiseColumns<T, V, S>.Subtract(0, whole, p, q, r);
            ElementwiseColumns<T, T, Scalar<T>>.Subtract(whole, cols, p, q, r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int rows, int cols, T* a, int lda, T* b, int ldb, T* c, int ldc)
    {
        int whole = cols - cols % S.Width;
        for (int i = 0; i < rows; i++)
        {
            T* p = a + (nint)i * lda, q = b + (nint)i * ldb, r = c + (nint)i * ldc;
            ElementwiseColumns<T, V, S>.Multiply(0, whole, p, q, r);
            ElementwiseColumns<T, T, Scalar<T>>.Multiply(whole, cols, p, q, r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(int rows, int cols, T* a, int lda, T* b, int ldb, T* c, int ldc)
    {
        int whole = cols - cols % S.Width;
        for (int i = 0; i < rows; i++)
        {
            T* p = a + (nint)i * lda, q = b + (nint)i * ldb, r = c + (nint)i * ldc;
            ElementwiseColumns<T, V, S>.Add(0, whole, p, q, r);
            ElementwiseColumns<T, T, Scalar<T>>.Add(whole, cols, p, q, r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(int rows, int cols, T* a, int lda, T factor, T* c, int ldc)
    {
        int whole = cols - cols % S.Width;
        for (int i = 0; i < rows; i++)
        {
            T* p = a + (nint)i * lda, r = c + (nint)i * ldc;
            ElementwiseColumns<T, V, S>.Scale(0, whole, p, factor, r);
            ElementwiseColumns<T, T, Scalar<T>>.Scale(whole, cols, p, factor, r);
        }
    }

    public static void Copy(int rows, int cols, T* a, int lda, T* c, int ldc)
    {
        for (int i = 0; i < rows; i++) new ReadOnlySpan<T>(a + (nint)i * lda, cols).CopyTo(new Span<T>(c + (nint)i * ldc, cols));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weight(int rows, int cols, T* e, int lde, T* precisions, T precision, T* derivative, int ldd, T* delta, int ldDelta)
    {
        int whole = cols - cols % S.Width;
        for (int i = 0; i < rows; i++)
        {
            T* error = e + (nint)i * lde, slope = derivative == null ? null : derivative + (nint)i * ldd, result = delta + (nint)i * ldDelta;
            ElementwiseColumns<T, V, S>.Weight(0, whole, error, precisions, precision, slope, result);
            ElementwiseColumns<T, T, Scalar<T>>.Weight(whole, cols, error, precisions, precision, slope, result);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Move(
        int rows, int cols, T* x, int ldx, T* moved, int ldMoved, T* e, int lde, T* precisions, T precision,
        T* adjoint, int lda, T gamma, T* velocity, int ldv, T momentum)
    {
        int whole = cols - cols % S.Width;
        if (e != null && precisions == null && adjoint != null && velocity == null)
        {
            for (nint i = 0; i < rows; i++)
            {
                T* from = x + i * ldx, to = moved + i * ldMoved, error = e + i * lde, above = adjoint + i * lda;
                ElementwiseColumns<T, V, S>.MovePlain(0, whole, from, to, error, precision, above, gamma);
                ElementwiseColumns<T, T, Scalar<T>>.MovePlain(whole, cols, from, to, error, precision, above, gamma);
            }
            return;
        }
        for (int i = 0; i < rows; i++)
        {
            T* from = x + (nint)i * ldx, to = moved + (nint)i * ldMoved, error = e == null ? null : e + (nint)i * lde;
            T* above = adjoint == null ? null : adjoint + (nint)i * lda, speed = velocity == null ? null : velocity + (nint)i * ldv;
            ElementwiseColumns<T, V, S>.Move(0, whole, from, to, error, precisions, precision, above, gamma, speed, momentum);
            ElementwiseColumns<T, T, Scalar<T>>.Move(whole, cols, from, to, error, precisions, precision, above, gamma, speed, momentum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MoveWithError(
        int rows, int cols, T* x, int ldx, T* moved, int ldMoved, T* adjoint, int lda, T gamma, T* mu, int ldm, T* e, int lde, T precision, T* derivative, int ldd, T* delta, int ldDelta)
    {
        int whole = cols - cols % S.Width;
        // A few rows of a few vectors, many times a batch: no choices inside.
        if (moved == null && e == null && derivative != null)
        {
            for (nint i = 0; i < rows; i++)
            {
                T* value = x + i * ldx, above = adjoint + i * lda, prediction = mu + i * ldm, slope = derivative + i * ldd, result = delta + i * ldDelta;
                ElementwiseColumns<T, V, S>.DeltaOfMove(0, whole, value, above, gamma, prediction, precision, slope, result);
                ElementwiseColumns<T, T, Scalar<T>>.DeltaOfMove(whole, cols, value, above, gamma, prediction, precision, slope, result);
            }
            return;
        }
        if (moved == null && e == null)
        {
            for (nint i = 0; i < rows; i++)
            {
                ElementwiseColumns<T, V, S>.DeltaOfMove(0, whole, x + i * ldx, adjoint + i * lda, gamma, mu + i * ldm, precision, delta + i * ldDelta);
                ElementwiseColumns<T, T, Scalar<T>>.DeltaOfMove(whole, cols, x + i * ldx, adjoint + i * lda, gamma, mu + i * ldm, precision, delta + i * ldDelta);
            }
            return;
        }
        for (nint i = 0; i < rows; i++)
        {
            T* from = x + i * ldx, to = moved == null ? null : moved + i * ldMoved, above = adjoint + i * lda, prediction = mu + i * ldm;
            T* error = e == null ? null : e + i * lde, slope = derivative == null ? null : derivative + i * ldd, result = delta + i * ldDelta;
            ElementwiseColumns<T, V, S>.MoveWithError(0, whole, from, to, above, gamma, prediction, error, precision, slope, result);
            ElementwiseColumns<T, T, Scalar<T>>.MoveWithError(whole, cols, from, to, above, gamma, prediction, error, precision, slope, result);
        }
    }
}
