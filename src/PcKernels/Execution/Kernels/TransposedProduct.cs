using System.Runtime.CompilerServices;

namespace PcKernels.Execution.Kernels;

/// <summary>C = A Bᵀ for row-major A [m, k] and B [n, k], taken as (B Aᵀ)ᵀ: where A's rows fill its panels and B has rows enough to pay for laying A out.</summary>
/// <remarks>
/// A is laid out anew in panels of two vectors of its rows, so that lanes are rows of A, and the product is an outer one: no sum runs over the lanes of a
/// vector. An element is one chain of multiply-adds over ascending k, whatever the tile: other bits than <see cref="DotProduct{T, V, S}"/>, so that a
/// product that may be cut has to choose once for all of it. A last panel with fewer rows is filled up with zeros.
/// </remarks>
internal static unsafe class TransposedProduct<T, V, S> where T : unmanaged where V : struct where S : struct, ISimd<T, V>
{
    // Rows of B that stay in the second-level cache while all panels pass by; their sums lie on the stack.
    private const int Chunk = 96;

    // Of a panel what stays in the first-level cache while the rows of a chunk pass by.
    private const int DepthBlock = 512;

    // Of a first-level cache of 32 KiB, what rows that are read over and over may take.
    private const int FirstLevelBytes = 24 * 1024;

    // Below that most of a product's blocks are small ones.
    private const int FewOutputs = 32;

    private static int Panel => 2 * S.Width;

    /// <summary>Whether the whole of a product [m, n] over k takes less time this way. By count of cycles for each element, measured on Zen 3 (<c>bench/measure dots</c>).</summary>
    public static bool Pays(int m, int n, int k)
    {
        if (S.Registers >= 32 || n < 4) return false;
        // Twelve chains at a time take six multiply-adds a step and some 35 cycles for their sums, and more where the rows they read fill the first-level cache.
        double dot = (35 + 6.0 * k / S.Width) / 12 * (7L * k * sizeof(T) > FirstLevelBytes ? 1.05 : 1);
        // Two lanes-wide multiply-adds a cycle over the rows that are there and those that fill the panel, the sums' way out, A's way in for each of n.
        double filled = (double)Panels(m) * Panel / m, step = n < FewOutputs ? 1.3 : 1.04;
        return step * filled * k / Panel + 0.4 + 0.25 * k / n < dot;
    }

    /// <summary>Elements of scratch for so many rows of A.</summary>
    public static long ScratchLength(int m, int k) => (long)Panels(m) * Panel * Padded(k);

    /// <summary>Writes C; scratch is 64-byte aligned and has <see cref="ScratchLength"/> elements.</summary>
    [SkipLocalsInit]
    public static void Run(int m, int n, int k, T* a, int lda, T* b, int ldb, T* c, int ldc, T* scratch)
    {
        int padded = Padded(k), panel = Panel;
        Pack(m, padded, a, lda, scratch);
        T* sums = stackalloc T[Chunk * panel];
        for (int j = 0; j < n; j += Chunk)
        {
            int count = Math.Min(Chunk, n - j);
            for (int i = 0; i < m; i += panel)
            {
                int rows = Math.Min(panel, m - i), lanes = rows > S.Width ? panel : S.Width;
                if (k == 0) new Span<T>(sums, Chunk * panel).Clear();
                for (int depth = 0; depth < k; depth += DepthBlock)
                    OuterProduct<T, V, S>.Chunk(count, lanes, Math.Min(DepthBlock, k - depth), b + (nint)j * ldb + depth, ldb, 1,
                        scratch + (nint)i * padded + depth * panel, panel, sums, panel, depth > 0, false);
                Unpack(rows, count, sums, c + (nint)i * ldc + j, ldc);
            }
        }
    }

    private static int Panels(int m) => (m + Panel - 1) / Panel;

    private static int Padded(int k) => (k + S.Width - 1) / S.Width * S.Width;

    // Panel by panel [k][rows]; k runs into the pad of A's rows, which is zero. Half a panel without rows is not read.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pack(int m, int k, T* a, nint lda, T* packed)
    {
        T* square = stackalloc T[S.Width * S.Width];
        int panel = Panel;
        for (int row = 0; row < m; row += S.Width)
        {
            T* from = a + row * lda, to = packed + (nint)(row / panel * panel) * k + row % panel;
            int rows = m - row;
            if (rows >= S.Width)
            {
                for (nint x = 0; x < k; x += S.Width) S.Transpose(from + x, lda, to + x * panel, panel);
                continue;
            }
            new Span<T>(square, S.Width * S.Width).Clear();
            for (nint x = 0; x < k; x += S.Width)
            {
                for (nint i = 0; i < rows; i++) S.Store(S.Load(from + i * lda + x), square + i * S.Width);
                S.Transpose(square, S.Width, to + x * panel, panel);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Unpack(int m, int n, T* sums, T* c, nint ldc)
    {
        T* square = stackalloc T[S.Width * S.Width];
        int panel = Panel;
        for (nint row = 0; row < m; row += S.Width)
        {
            nint rows = Math.Min(S.Width, m - row), j = 0;
            for (; j + S.Width <= n; j += S.Width)
            {
                if (rows == S.Width)
                {
                    S.Transpose(sums + j * panel + row, panel, c + row * ldc + j, ldc);
                    continue;
                }
                S.Transpose(sums + j * panel + row, panel, square, S.Width);
                for (nint i = 0; i < rows; i++) S.Store(S.Load(square + i * S.Width), c + (row + i) * ldc + j);
            }
            for (; j < n; j++)
                for (nint i = 0; i < rows; i++) c[(row + i) * ldc + j] = sums[j * panel + row + i];
        }
    }
}
