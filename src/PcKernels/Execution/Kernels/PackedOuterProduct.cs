using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>The bits of <see cref="OuterProduct{T, V, S}"/> where B is large: blocks of A and panels of B are copied to where they follow each other, and the next panel is fetched while this one is multiplied.</summary>
/// <remarks>
/// A block reads a few elements of each of A's rows, a panel two vectors of each of B's: each on a page and a line of its own, more of them than the first level of
/// cache and of translation hold, so far apart that no hardware looks ahead. With 32 registers blocks are larger; what copies would do there has not been measured.
/// </remarks>
internal static unsafe class PackedOuterProduct<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    /// <summary>Rows of A for which a panel of B is copied once, at most.</summary>
    public const int Rows = 258;

    private const int BlockRows = 6;

    // Bytes of a row of a block of depth: a panel of it stays in the first-level cache, so many rows of A in the second.
    private const int DepthBytes = 1024;

    // For learning (A = δᵀ): below that B stays in the second-level cache and near at hand; few rows do not pay for the copies.
    private const long LeastBytes = 192 * 1024;
    private const int LeastRows = 32, LeastDepth = 48;

    // For settling (A = δ), whose rows are read along the depth as they lie: copies pay for many rows, and for fewer only where B is so large
    // that it comes from afar. Measured on Zen 3 (bench/measure copies).
    private const long LargeBytes = 1536 * 1024, FarBytes = 4096 * 1024;
    private const int ManyRows = 192, SomeRows = 64, LeastColumns = 256;

    private static int Panel => 2 * S.Width;

    private static int DepthBlock => DepthBytes / sizeof(T);

    /// <summary>Elements of scratch.</summary>
    public static long ScratchLength => (long)(Panel + Rows) * DepthBlock;

    /// <summary>Whether copying takes less time, for learning (A's rows are next to each other) or settling (they follow the depth).</summary>
    public static bool Pays(int m, int n, int k, bool learns)
    {
        if (S.Registers >= 32) return false;
        long bytes = (long)n * k * sizeof(T);
        if (learns) return m >= LeastRows && k >= LeastDepth && bytes >= LeastBytes;
        return n >= LeastColumns && ((m >= ManyRows && bytes >= LargeBytes) || (m >= SomeRows && bytes >= FarBytes));
    }

    /// <summary>C (+)= A B with element (i, k) of A at i·strideM + k·strideK, n in whole vectors; scratch has <see cref="ScratchLength"/> elements.</summary>
    public static void Run(int m, int n, int k, T* a, nint strideM, nint strideK, T* b, nint ldb, T* c, nint ldc, bool accumulate, T* scratch)
    {
        int rowBlock = Evenly(m, Rows, BlockRows), depthBlock = Evenly(k, DepthBlock, 1);
        for (int row = 0; row < m; row += rowBlock)
            for (int depth = 0; depth < k; depth += depthBlock)
            {
                int rows = Math.Min(rowBlock, m - row), depths = Math.Min(depthBlock, k - depth);
                Chunk(rows, n, depths, a + row * strideM + depth * strideK, strideM, strideK, b + depth * ldb, ldb, c + row * ldc, ldc, accumulate || depth > 0, scratch);
            }
    }

    private static int Evenly(int extent, int most, int unit)
    {
        int parts = (extent + most - 1) / most;
        return ((extent + parts - 1) / parts + unit - 1) / unit * unit;
    }

    private static void Chunk(int m, int n, int k, T* a, nint strideM, nint strideK, T* b, nint ldb, T* c, nint ldc, bool accumulate, T* scratch)
    {
        // Sixes stop at 8, which is two fours; what is left after fours goes by itself.
        int sixes = m % BlockRows == 2 && m > 2 ? m - 8 : m - m % BlockRows, blocked = sixes + (m - sixes) / 4 * 4;
        T* panel = scratch, blocks = scratch + (nint)Panel * DepthBlock;
        CopyBlocks(sixes, m, k, a, strideM, strideK, blocks);
        nint each = sixes == 0 ? 0 : (k + sixes / BlockRows - 1) / (sixes / BlockRows);
        for (nint j = 0; j < n; j += Panel)
        {
            // One vector may be all that is left: the block then computes it twice.
            nint next = j + S.Width < n ? S.Width : 0, fetched = j + Panel < n ? 0 : k;
            CopyPanel(k, b + j, ldb, next, panel);
            T* ahead = b + j + Panel;
            nint i = 0;
            for (; i < sixes; i += BlockRows)
            {
                for (nint to = Math.Min(k, fetched + each); fetched < to; fetched++) Prefetch.Near(ahead + fetched * ldb);
                OuterProduct<T, V, S>.Block6x2(k, blocks + i * k, 1, BlockRows, panel, Panel, next, c + i * ldc + j, ldc, accumulate);
            }
            for (; i < blocked; i += 4)
                OuterProduct<T, V, S>.Block4x2(k, a + i * strideM, strideM, strideK, panel, Panel, next, c + i * ldc + j, ldc, accumulate);
            for (; i < m; i++) OuterProduct<T, V, S>.Block1x4(k, a + i * strideM, strideK, panel, Panel, next, next, next, c + i * ldc + j, accumulate);
        }
    }

    // Block by block [k][6]; blocks are written one after another, and what a vector writes too much is overwritten by the next.
    private static void CopyBlocks(nint m, nint rows, nint k, T* a, nint strideM, nint strideK, T* blocks)
    {
        if (strideM == 1)
        {
            for (nint i = 0; i < m; i += BlockRows) CopyBlockOfColumns(k, a + i, strideK, blocks + i * k);
            return;
        }
        for (nint i = 0; i < m; i += BlockRows)
        {
            // Squares read rows behind the block and columns up to the next whole square; the last block writes nothing behind itself.
            if (strideK == 1 && i + 2 * BlockRows <= rows) CopyBlockOfRows(k, a + i * strideM, strideM, blocks + i * k);
            else CopyBlock(k, a + i * strideM, strideM, strideK, blocks + i * k);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyBlockOfColumns(nint k, T* a, nint strideK, T* block)
    {
        // The last step is taken alone: nothing overwrites what it would write too much.
        for (; k > 1; k--, a += strideK, block += BlockRows)
            for (nint row = 0; row < BlockRows; row += Simd128<T>.Width) Simd128<T>.Store(Simd128<T>.Load(a + row), block + row);
        for (nint row = 0; row < BlockRows; row++) block[row] = a[row];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyBlockOfRows(nint k, T* a, nint strideM, T* block)
    {
        nint side = Simd128<T>.Width;
        for (nint row = (BlockRows - 1) / side * side; row >= 0; row -= side)
            for (nint step = 0; step < k; step += side) Simd128<T>.Transpose(a + row * strideM + step, strideM, block + step * BlockRows + row, BlockRows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyBlock(nint k, T* a, nint strideM, nint strideK, T* block)
    {
        for (; k > 0; k--, a += strideK, block += BlockRows)
            for (nint row = 0; row < BlockRows; row++) block[row] = a[row * strideM];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyPanel(nint k, T* b, nint ldb, nint next, T* panel)
    {
        for (; k > 0; k--, b += ldb, panel += Panel)
        {
            S.Store(S.Load(b), panel);
            S.Store(S.Load(b + next), panel + S.Width);
        }
    }
}
