using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>C = A Bᵀ for row-major A [m, k] and B [n, k]: z = x Wᵀ on weights as they lie in memory, without packing.</summary>
/// <remarks>
/// Every element is one chain of vector multiply-adds over ascending k and one fixed tree over its lanes, in every block, so that its
/// bits do not depend on where a tile begins or ends. A block is up to 4 rows × 4 columns of such chains (3 × 4 with 16 registers): each loaded vector
/// feeds three or four of them. Missing columns of the last block repeat the last row of B and are not stored.
/// </remarks>
internal static unsafe class DotProduct<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    private const int Columns = 4;
    private const int BufferedRows = 12;

    // Bytes of A that stay in the second-level cache while all of B passes by.
    private const int ResidentBytes = 256 * 1024;

    public static void Run(int m, int n, int k, T* a, int lda, T* b, int ldb, T* c, int ldc)
    {
        int padded = (k + S.Width - 1) / S.Width * S.Width;
        int chunk = Evenly(m, Math.Max(12, ResidentBytes / (Math.Max(1, padded) * sizeof(T))));
        bool fetches = (long)n * ldb * sizeof(T) > Prefetch.ResidentBytes;
        for (int from = 0; from < m; from += chunk)
        {
            int rows = Math.Min(chunk, m - from);
            for (int j = 0; j < n; j += Columns)
                Strip(rows, Math.Min(Columns, n - j), padded, a + (nint)from * lda, lda, b + (nint)j * ldb, ldb, fetches && j + 2 * Columns <= n, c + (nint)from * ldc + j, ldc);
        }
    }

    // All of B passes by for each chunk, so none should be a small rest.
    private static int Evenly(int m, int most)
    {
        int chunks = Math.Max(1, (m + most - 1) / most);
        return ((m + chunks - 1) / chunks + 11) / 12 * 12;
    }

    private static void Strip(int m, int count, int k, T* a, nint lda, T* b, nint ldb, bool fetches, T* c, nint ldc)
    {
        if (count == Columns)
        {
            nint first = fetches && m >= 4 * Columns && S.Registers >= 32 ? FirstBlocks(m, k, a, lda, b, ldb, c, ldc) : 0;
            Full(m - (int)first, k, a + first * lda, lda, b, b + ldb, b + 2 * ldb, b + 3 * ldb, c + first * ldc, ldc);
            return;
        }
        // A few sums go through a buffer instead of a branch in the blocks: a call there would make their accumulators live in memory.
        T* sums = stackalloc T[BufferedRows * Columns];
        T* b1 = count > 1 ? b + ldb : b, b2 = count > 2 ? b + 2 * ldb : b1;
        for (int from = 0; from < m; from += BufferedRows)
        {
            int rows = Math.Min(BufferedRows, m - from);
            Full(rows, k, a + from * lda, lda, b, b1, b2, b2, sums, Columns);
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < count; j++) c[(from + i) * ldc + j] = sums[i * Columns + j];
        }
    }

    // The first blocks fetch the next strip: four a row each, or, where there are as many, sixteen a quarter of one, so that lines that come from afar keep nothing waiting.
    private static nint FirstBlocks(int m, int k, T* a, nint lda, T* b, nint ldb, T* c, nint ldc)
    {
        int shift = m >= 16 * Columns ? 2 : 0, blocks = Columns << shift;
        for (nint i = 0; i < blocks; i++)
            Rows4<FetchAhead>(k, a + 4 * i * lda, lda, b, b + ldb, b + 2 * ldb, b + 3 * ldb, c + 4 * i * ldc, ldc,
                b + (Columns + (i >> shift)) * ldb + (i & ((1 << shift) - 1)) * (k >> shift), shift);
        return 4 * blocks;
    }

    private static void Full(int m, int k, T* a, nint lda, T* b0, T* b1, T* b2, T* b3, T* c, nint ldc)
    {
        nint i = 0;
        if (S.Registers >= 32)
            for (; i + 4 <= m; i += 4) Rows4<FetchNothing>(k, a + i * lda, lda, b0, b1, b2, b3, c + i * ldc, ldc, null, 0);
        for (; i + 3 <= m; i += 3) Rows3(k, a + i * lda, lda, b0, b1, b2, b3, c + i * ldc, ldc);
        if (i + 2 <= m)
        {
            Rows2(k, a + i * lda, lda, b0, b1, b2, b3, c + i * ldc, ldc);
            i += 2;
        }
        if (i < m) Rows1(k, a + i * lda, b0, b1, b2, b3, c + i * ldc);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<F>(int k, T* a, nint lda, T* b0, T* b1, T* b2, T* b3, T* c, nint ldc, T* ahead, int shift) where F : struct, IPrefetch
    {
        T* a0 = a, a1 = a + lda, a2 = a + 2 * lda, a3 = a + 3 * lda;
        V s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero;
        V s10 = S.Zero, s11 = S.Zero, s12 = S.Zero, s13 = S.Zero;
        V s20 = S.Zero, s21 = S.Zero, s22 = S.Zero, s23 = S.Zero;
        V s30 = S.Zero, s31 = S.Zero, s32 = S.Zero, s33 = S.Zero;
        for (nint x = 0; x < k; x += S.Width)
        {
            if (F.Fetches) Prefetch.Far(ahead + (x >> shift));
            V x0 = S.Load(a0 + x), x1 = S.Load(a1 + x), x2 = S.Load(a2 + x), x3 = S.Load(a3 + x);
            V y0 = S.Load(b0 + x);
            s00 = S.Fma(x0, y0, s00);
            s10 = S.Fma(x1, y0, s10);
            s20 = S.Fma(x2, y0, s20);
            s30 = S.Fma(x3, y0, s30);
            V y1 = S.Load(b1 + x);
            s01 = S.Fma(x0, y1, s01);
            s11 = S.Fma(x1, y1, s11);
            s21 = S.Fma(x2, y1, s21);
            s31 = S.Fma(x3, y1, s31);
            V y2 = S.Load(b2 + x);
            s02 = S.Fma(x0, y2, s02);
            s12 = S.Fma(x1, y2, s12);
            s22 = S.Fma(x2, y2, s22);
            s32 = S.Fma(x3, y2, s32);
            V y3 = S.Load(b3 + x);
            s03 = S.Fma(x0, y3, s03);
            s13 = S.Fma(x1, y3, s13);
            s23 = S.Fma(x2, y3, s23);
            s33 = S.Fma(x3, y3, s33);
        }
        S.SumSixteen(s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33, c, ldc);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows3(int k, T* a, nint lda, T* b0, T* b1, T* b2, T* b3, T* c, nint ldc)
    {
        T* a0 = a, a1 = a + lda, a2 = a + 2 * lda;
        V s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero;
        V s10 = S.Zero, s11 = S.Zero, s12 = S.Zero, s13 = S.Zero;
        V s20 = S.Zero, s21 = S.Zero, s22 = S.Zero, s23 = S.Zero;
        for (nint x = 0; x < k; x += S.Width)
        {
            V x0 = S.Load(a0 + x), x1 = S.Load(a1 + x), x2 = S.Load(a2 + x);
            V y0 = S.Load(b0 + x);
            s00 = S.Fma(x0, y0, s00);
            s10 = S.Fma(x1, y0, s10);
            s20 = S.Fma(x2, y0, s20);
            V y1 = S.Load(b1 + x);
            s01 = S.Fma(x0, y1, s01);
            s11 = S.Fma(x1, y1, s11);
            s21 = S.Fma(x2, y1, s21);
            V y2 = S.Load(b2 + x);
            s02 = S.Fma(x0, y2, s02);
            s12 = S.Fma(x1, y2, s12);
            s22 = S.Fma(x2, y2, s22);
            V y3 = S.Load(b3 + x);
            s03 = S.Fma(x0, y3, s03);
            s13 = S.Fma(x1, y3, s13);
            s23 = S.Fma(x2, y3, s23);
        }
        S.SumFour(s00, s01, s02, s03, c);
        S.SumFour(s10, s11, s12, s13, c + ldc);
        S.SumFour(s20, s21, s22, s23, c + 2 * ldc);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(int k, T* a, nint lda, T* b0, T* b1, T* b2, T* b3, T* c, nint ldc)
    {
        T* a0 = a, a1 = a + lda;
        V s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero;
        V s10 = S.Zero, s11 = S.Zero, s12 = S.Zero, s13 = S.Zero;
        for (nint x = 0; x < k; x += S.Width)
        {
            V x0 = S.Load(a0 + x), x1 = S.Load(a1 + x);
            V y0 = S.Load(b0 + x);
            s00 = S.Fma(x0, y0, s00);
            s10 = S.Fma(x1, y0, s10);
            V y1 = S.Load(b1 + x);
            s01 = S.Fma(x0, y1, s01);
            s11 = S.Fma(x1, y1, s11);
            V y2 = S.Load(b2 + x);
            s02 = S.Fma(x0, y2, s02);
            s12 = S.Fma(x1, y2, s12);
            V y3 = S.Load(b3 + x);
            s03 = S.Fma(x0, y3, s03);
            s13 = S.Fma(x1, y3, s13);
        }
        S.SumFour(s00, s01, s02, s03, c);
        S.SumFour(s10, s11, s12, s13, c + ldc);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1(int k, T* a, T* b0, T* b1, T* b2, T* b3, T* c)
    {
        T* a0 = a;
        V s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero;
        for (nint x = 0; x < k; x += S.Width)
        {
            V x0 = S.Load(a0 + x);
            V y0 = S.Load(b0 + x);
            s00 = S.Fma(x0, y0, s00);
            V y1 = S.Load(b1 + x);
            s01 = S.Fma(x0, y1, s01);
            V y2 = S.Load(b2 + x);
            s02 = S.Fma(x0, y2, s02);
            V y3 = S.Load(b3 + x);
            s03 = S.Fma(x0, y3, s03);
        }
        S.SumFour(s00, s01, s02, s03, c);
    }
}
