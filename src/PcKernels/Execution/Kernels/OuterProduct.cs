using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>C (+)= A B with element (i, k) of A at i·strideM + k·strideK and B [k, n] row-major: settling (A = δ, B = W) and learning (A = δᵀ, B = x).</summary>
/// <remarks>
/// An element is one chain of multiply-adds over ascending k, begun at zero or at what C holds; stopping it in C and going on gives the same
/// bits, and so does any tiling and any vector width. Blocks are 8 rows × 2 vectors (6 × 2 with 16 registers); columns run in whole vectors into the pad.
/// Where a block wants more vectors than are left, it repeats the last one: the same bits are computed and stored twice.
/// </remarks>
internal static unsafe class OuterProduct<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    // A panel of B (DepthBlock × 2 vectors) and a chunk of A (RowBlock × DepthBlock) stay in the second-level cache.
    private const int DepthBlock = 512;
    private const int RowBlock = 128;

    // Where all of B fits the second-level cache, few rows at a time: C, then the larger part of the traffic, is written row by row.
    private const int ShallowBytes = 256 * 1024;
    private const int ShallowRowBlock = 24;

    public static void Run(int m, int n, int k, T* a, int strideM, int strideK, T* b, int ldb, T* c, int ldc, bool accumulate, T* scratch)
    {
        int padded = (n + S.Width - 1) / S.Width * S.Width;
        if (k == 0 && !accumulate)
            for (int i = 0; i < m; i++) new Span<T>(c + (nint)i * ldc, padded).Clear();
        if (scratch != null && PackedOuterProduct<T, V, S>.Pays(m, n, k, strideM == 1))
        {
            PackedOuterProduct<T, V, S>.Run(m, padded, k, a, strideM, strideK, b, ldb, c, ldc, accumulate, scratch);
            return;
        }
        for (int depth = 0; depth < k; depth += DepthBlock)
        {
            int depths = Math.Min(DepthBlock, k - depth);
            long bytes = (long)depths * padded * sizeof(T);
            int rows = bytes <= ShallowBytes ? ShallowRowBlock : Evenly(m);
            for (int row = 0; row < m; row += rows)
                Chunk(Math.Min(rows, m - row), padded, depths, a + (nint)row * strideM + (nint)depth * strideK, strideM, strideK,
                    b + (nint)depth * ldb, ldb, c + (nint)row * ldc, ldc, accumulate || depth > 0, bytes > Prefetch.ResidentBytes);
        }
    }

    // All of B passes by for each chunk, so none should be a small rest.
    private static int Evenly(int m)
    {
        int chunks = (m + RowBlock - 1) / RowBlock;
        return ((m + chunks - 1) / chunks + 7) / 8 * 8;
    }

    /// <summary>A product over one block of depth, n in whole vectors, as it lies in memory.</summary>
    public static void Chunk(int m, int n, int k, T* a, nint strideM, nint strideK, T* b, nint ldb, T* c, nint ldc, bool accumulate, bool fetches)
    {
        int blocked = m - m % 4;
        if (blocked > 0)
            for (nint j = 0; j < n; j += 2 * S.Width)
            {
                nint next = j + S.Width < n ? S.Width : 0, from = 0;
                if (fetches && blocked >= 16 && S.Registers >= 32 && j + 2 * S.Width < n) from = FirstBlocks(blocked, k, a, strideM, strideK, b + j, ldb, next, c + j, ldc, accumulate);
                Panel(blocked - (int)from, k, a + from * strideM, strideM, strideK, b + j, ldb, next, c + from * ldc + j, ldc, accumulate);
            }
        for (nint i = blocked; i < m; i++)
            for (nint j = 0; j < n; j += 4 * S.Width)
            {
                nint last = n - S.Width - j, n1 = Math.Min(last, S.Width), n2 = Math.Min(last, 2 * S.Width), n3 = Math.Min(last, 3 * S.Width);
                Block1x4(k, a + i * strideM, strideK, b + j, ldb, n1, n2, n3, c + i * ldc + j, accumulate);
            }
    }

    // The rows of a panel are far apart, where no hardware looks ahead: the first blocks fetch the next panel, two of them one half each, or eight of them an eighth.
    private static nint FirstBlocks(int m, int k, T* a, nint strideM, nint strideK, T* b, nint ldb, nint next, T* c, nint ldc, bool accumulate)
    {
        int shift = m >= 64 ? 2 : 0, blocks = 2 << shift;
        for (nint i = 0; i < blocks; i++)
            Block8x2<FetchAhead>(k, a + 8 * i * strideM, strideM, strideK, b, ldb, next, c + 8 * i * ldc, ldc, accumulate,
                b + (2 + (i & 1)) * S.Width + (i >> 1) * (k >> shift) * ldb, shift);
        return 8 * blocks;
    }

    private static void Panel(int m, int k, T* a, nint strideM, nint strideK, T* b, nint ldb, nint next, T* c, nint ldc, bool accumulate)
    {
        // m is a multiple of 4; sixes stop at 8, which is two fours.
        nint i = 0;
        if (S.Registers >= 32)
            for (; i + 8 <= m; i += 8) Block8x2<FetchNothing>(k, a + i * strideM, strideM, strideK, b, ldb, next, c + i * ldc, ldc, accumulate, null, 0);
        else
            for (; i + 6 <= m && m - i != 8; i += 6) Block6x2(k, a + i * strideM, strideM, strideK, b, ldb, next, c + i * ldc, ldc, accumulate);
        for (; i + 4 <= m; i += 4) Block4x2(k, a + i * strideM, strideM, strideK, b, ldb, next, c + i * ldc, ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block8x2<F>(int k, T* a, nint strideM, nint strideK, T* b, nint ldb, nint next, T* c, nint ldc, bool accumulate, T* ahead, int shift) where F : struct, IPrefetch
    {
        nint m2 = 2 * strideM, m3 = 3 * strideM;
        V s00 = S.Zero, s01 = S.Zero;
        V s10 = S.Zero, s11 = S.Zero;
        V s20 = S.Zero, s21 = S.Zero;
        V s30 = S.Zero, s31 = S.Zero;
        V s40 = S.Zero, s41 = S.Zero;
        V s50 = S.Zero, s51 = S.Zero;
        V s60 = S.Zero, s61 = S.Zero;
        V s70 = S.Zero, s71 = S.Zero;
        if (accumulate)
        {
            s00 = S.Load(c); s01 = S.Load(c + next);
            s10 = S.Load(c + ldc); s11 = S.Load(c + ldc + next);
            s20 = S.Load(c + 2 * ldc); s21 = S.Load(c + 2 * ldc + next);
            s30 = S.Load(c + 3 * ldc); s31 = S.Load(c + 3 * ldc + next);
            s40 = S.Load(c + 4 * ldc); s41 = S.Load(c + 4 * ldc + next);
            s50 = S.Load(c + 5 * ldc); s51 = S.Load(c + 5 * ldc + next);
            s60 = S.Load(c + 6 * ldc); s61 = S.Load(c + 6 * ldc + next);
            s70 = S.Load(c + 7 * ldc); s71 = S.Load(c + 7 * ldc + next);
        }
        T* low = a, high = a + 4 * strideM;
        for (nint step = 0; step < k; step++)
        {
            if (F.Fetches) Prefetch.Near(ahead + (step >> shift) * ldb);
            V y0 = S.Load(b), y1 = S.Load(b + next);
            V x = S.Broadcast(*low);
            s00 = S.Fma(x, y0, s00);
            s01 = S.Fma(x, y1, s01);
            x = S.Broadcast(low[strideM]);
            s10 = S.Fma(x, y0, s10);
            s11 = S.Fma(x, y1, s11);
            x = S.Broadcast(low[m2]);
            s20 = S.Fma(x, y0, s20);
            s21 = S.Fma(x, y1, s21);
            x = S.Broadcast(low[m3]);
            s30 = S.Fma(x, y0, s30);
            s31 = S.Fma(x, y1, s31);
            x = S.Broadcast(*high);
            s40 = S.Fma(x, y0, s40);
            s41 = S.Fma(x, y1, s41);
            x = S.Broadcast(high[strideM]);
            s50 = S.Fma(x, y0, s50);
            s51 = S.Fma(x, y1, s51);
            x = S.Broadcast(high[m2]);
            s60 = S.Fma(x, y0, s60);
            s61 = S.Fma(x, y1, s61);
            x = S.Broadcast(high[m3]);
            s70 = S.Fma(x, y0, s70);
            s71 = S.Fma(x, y1, s71);
            low += strideK;
            high += strideK;
            b += ldb;
        }
        S.Store(s00, c); S.Store(s01, c + next);
        S.Store(s10, c + ldc); S.Store(s11, c + ldc + next);
        S.Store(s20, c + 2 * ldc); S.Store(s21, c + 2 * ldc + next);
        S.Store(s30, c + 3 * ldc); S.Store(s31, c + 3 * ldc + next);
        S.Store(s40, c + 4 * ldc); S.Store(s41, c + 4 * ldc + next);
        S.Store(s50, c + 5 * ldc); S.Store(s51, c + 5 * ldc + next);
        S.Store(s60, c + 6 * ldc); S.Store(s61, c + 6 * ldc + next);
        S.Store(s70, c + 7 * ldc); S.Store(s71, c + 7 * ldc + next);
    }

    /// <summary>Six rows by two vectors, the second <paramref name="next"/> elements after the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Block6x2(int k, T* a, nint strideM, nint strideK, T* b, nint ldb, nint next, T* c, nint ldc, bool accumulate)
    {
        nint m2 = 2 * strideM, m3 = 3 * strideM;
        V s00 = S.Zero, s01 = S.Zero;
        V s10 = S.Zero, s11 = S.Zero;
        V s20 = S.Zero, s21 = S.Zero;
        V s30 = S.Zero, s31 = S.Zero;
        V s40 = S.Zero, s41 = S.Zero;
        V s50 = S.Zero, s51 = S.Zero;
        if (accumulate)
        {
            s00 = S.Load(c); s01 = S.Load(c + next);
            s10 = S.Load(c + ldc); s11 = S.Load(c + ldc + next);
            s20 = S.Load(c + 2 * ldc); s21 = S.Load(c + 2 * ldc + next);
            s30 = S.Load(c + 3 * ldc); s31 = S.Load(c + 3 * ldc + next);
            s40 = S.Load(c + 4 * ldc); s41 = S.Load(c + 4 * ldc + next);
            s50 = S.Load(c + 5 * ldc); s51 = S.Load(c + 5 * ldc + next);
        }
        T* low = a, high = a + 3 * strideM;
        for (; k > 0; k--)
        {
            V y0 = S.Load(b), y1 = S.Load(b + next);
            V x = S.Broadcast(*low);
            s00 = S.Fma(x, y0, s00);
            s01 = S.Fma(x, y1, s01);
            x = S.Broadcast(low[strideM]);
            s10 = S.Fma(x, y0, s10);
            s11 = S.Fma(x, y1, s11);
            x = S.Broadcast(low[m2]);
            s20 = S.Fma(x, y0, s20);
            s21 = S.Fma(x, y1, s21);
            x = S.Broadcast(*high);
            s30 = S.Fma(x, y0, s30);
            s31 = S.Fma(x, y1, s31);
            x = S.Broadcast(high[strideM]);
            s40 = S.Fma(x, y0, s40);
            s41 = S.Fma(x, y1, s41);
            x = S.Broadcast(high[m2]);
            s50 = S.Fma(x, y0, s50);
            s51 = S.Fma(x, y1, s51);
            low += strideK;
            high += strideK;
            b += ldb;
        }
        S.Store(s00, c); S.Store(s01, c + next);
        S.Store(s10, c + ldc); S.Store(s11, c + ldc + next);
        S.Store(s20, c + 2 * ldc); S.Store(s21, c + 2 * ldc + next);
        S.Store(s30, c + 3 * ldc); S.Store(s31, c + 3 * ldc + next);
        S.Store(s40, c + 4 * ldc); S.Store(s41, c + 4 * ldc + next);
        S.Store(s50, c + 5 * ldc); S.Store(s51, c + 5 * ldc + next);
    }

    /// <summary>Four rows by two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Block4x2(int k, T* a, nint strideM, nint strideK, T* b, nint ldb, nint next, T* c, nint ldc, bool accumulate)
    {
        nint m2 = 2 * strideM, m3 = 3 * strideM;
        V s00 = S.Zero, s01 = S.Zero;
        V s10 = S.Zero, s11 = S.Zero;
        V s20 = S.Zero, s21 = S.Zero;
        V s30 = S.Zero, s31 = S.Zero;
        if (accumulate)
        {
            s00 = S.Load(c); s01 = S.Load(c + next);
            s10 = S.Load(c + ldc); s11 = S.Load(c + ldc + next);
            s20 = S.Load(c + 2 * ldc); s21 = S.Load(c + 2 * ldc + next);
            s30 = S.Load(c + 3 * ldc); s31 = S.Load(c + 3 * ldc + next);
        }
        for (; k > 0; k--)
        {
            V y0 = S.Load(b), y1 = S.Load(b + next);
            V x = S.Broadcast(*a);
            s00 = S.Fma(x, y0, s00);
            s01 = S.Fma(x, y1, s01);
            x = S.Broadcast(a[strideM]);
            s10 = S.Fma(x, y0, s10);
            s11 = S.Fma(x, y1, s11);
            x = S.Broadcast(a[m2]);
            s20 = S.Fma(x, y0, s20);
            s21 = S.Fma(x, y1, s21);
            x = S.Broadcast(a[m3]);
            s30 = S.Fma(x, y0, s30);
            s31 = S.Fma(x, y1, s31);
            a += strideK;
            b += ldb;
        }
        S.Store(s00, c); S.Store(s01, c + next);
        S.Store(s10, c + ldc); S.Store(s11, c + ldc + next);
        S.Store(s20, c + 2 * ldc); S.Store(s21, c + 2 * ldc + next);
        S.Store(s30, c + 3 * ldc); S.Store(s31, c + 3 * ldc + next);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Block1x4(int k, T* a, nint strideK, T* b, nint ldb, nint n1, nint n2, nint n3, T* c, bool accumulate)
    {
        V s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero;
        if (accumulate)
        {
            s00 = S.Load(c); s01 = S.Load(c + n1); s02 = S.Load(c + n2); s03 = S.Load(c + n3);
        }
        for (; k > 0; k--)
        {
            V y0 = S.Load(b), y1 = S.Load(b + n1), y2 = S.Load(b + n2), y3 = S.Load(b + n3);
            V x = S.Broadcast(*a);
            s00 = S.Fma(x, y0, s00);
            s01 = S.Fma(x, y1, s01);
            s02 = S.Fma(x, y2, s02);
            s03 = S.Fma(x, y3, s03);
            a += strideK;
            b += ldb;
        }
        S.Store(s00, c); S.Store(s01, c + n1); S.Store(s02, c + n2); S.Store(s03, c + n3);
    }
}
