using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>The bits of <see cref="OuterProduct{T, V, S}"/> for learning (A = δᵀ, B = x) where x is large: blocks of A and panels of B are copied to where they follow each other.</summary>
/// <remarks>
/// A block reads a few elements of each of A's rows, a panel two vectors of each of B's: each on a page and a line of its own, more of them than the first level of
/// cache and of translation hold. With 32 registers blocks are larger; what copies would do there has not been measured.
/// </remarks>
internal static unsafe class PackedOuterProduct<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    /// <summary>Rows of A for which a panel of B is copied once.</summary>
    public const int Rows = 48;

    private const int BlockRows = 6;
    private const int DepthBlock = 256;

    // Below that B stays in the second-level cache and near at hand; few rows do not pay for the copies.
    private const long LeastBytes = 192 * 1024;
    private const int LeastRows = 32, LeastDepth = 48;

    /// <summary>Whether copying takes less time.</summary>
    public static bool Pays(int m, int n, int k, int strideM) =>
        S.Registers < 32 && strideM == 1 && m >= LeastRows && k >= LeastDepth && (long)n * k * sizeof(T) >= LeastBytes;

    /// <summary>C (+)= A B with element (i, k) of A at i + k·strideK, n in whole vectors.</summary>
    [SkipLocalsInit]
    public static void Run(int m, int n, int k, T* a, nint strideK, T* b, nint ldb, T* c, nint ldc, bool accumulate)
    {
        T* blocks = stackalloc T[Rows * DepthBlock], panel = stackalloc T[2 * S.Width * DepthBlock];
        for (int row = 0; row < m; row += Rows)
            for (int depth = 0; depth < k; depth += DepthBlock)
            {
                int rows = Math.Min(Rows, m - row), depths = Math.Min(DepthBlock, k - depth);
                Chunk(rows, n, depths, a + row + depth * strideK, strideK, b + depth * ldb, ldb, c + row * ldc, ldc, accumulate || depth > 0, blocks, panel);
            }
    }

    private static void Chunk(int m, int n, int k, T* a, nint strideK, T* b, nint ldb, T* c, nint ldc, bool accumulate, T* blocks, T* panel)
    {
        int blocked = m - m % BlockRows;
        CopyBlocks(blocked, k, a, strideK, blocks);
        for (nint j = 0; j < n; j += 2 * S.Width)
        {
            // One vector may be all that is left: the block then computes it twice.
            nint next = j + S.Width < n ? S.Width : 0;
            CopyPanel(k, b + j, ldb, next, panel);
            for (nint i = 0; i < blocked; i += BlockRows)
                OuterProduct<T, V, S>.Block6x2(k, blocks + i * k, 1, BlockRows, panel, 2 * S.Width, next, c + i * ldc + j, ldc, accumulate);
        }
        if (blocked < m) OuterProduct<T, V, S>.Chunk(m - blocked, n, k, a + blocked, 1, strideK, b, ldb, c + blocked * ldc, ldc, accumulate, false);
    }

    // Block by block [k][6].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyBlocks(nint m, nint k, T* a, nint strideK, T* blocks)
    {
        for (nint step = 0; step < k; step++)
        {
            T* from = a + step * strideK, to = blocks + step * BlockRows;
            for (nint i = 0; i < m; i += BlockRows, to += k * BlockRows)
                for (nint row = 0; row < BlockRows; row++) to[row] = from[i + row];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyPanel(nint k, T* b, nint ldb, nint next, T* panel)
    {
        for (; k > 0; k--, b += ldb, panel += 2 * S.Width)
        {
            S.Store(S.Load(b), panel);
            S.Store(S.Load(b + next), panel + S.Width);
        }
    }
}
