using System.Numerics;
using System.Runtime.Intrinsics;
using PcKernels.Execution.Kernels;

namespace PcKernels.Tests.Execution.Kernels;

public abstract unsafe class ProductSuite<T> : KernelSuite<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly int[] Extents = [1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 17, 23, 31, 33, 48, 67];

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Products_agree_with_naive_sums_on_odd_sizes(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        var random = new Random(7);
        for (int round = 0; round < 150; round++)
        {
            int m = round < Extents.Length ? Extents[round] : Pick(random), n = Pick(random), k = Pick(random);
            using var x = PaddedMatrix<T>.Random(m, k, round);
            using var w = PaddedMatrix<T>.Random(n, k, round + 1);
            using var z = PaddedMatrix<T>.Random(m, n, round);
            kernels.Dot(m, n, k, x.Pointer, x.Ld, w.Pointer, w.Ld, z.Pointer, z.Ld);
            z.AssertClose((i, j) => Sum(k, s => x.At(i, s) * w.At(j, s)), Unit * k * 2, $"dot {m} {n} {k}");

            using var b = PaddedMatrix<T>.Random(k, n, round + 2);
            using var c = PaddedMatrix<T>.Random(m, n, round + 3);
            using var before = c.Clone();
            bool accumulate = round % 2 == 0;
            kernels.Outer(m, n, k, x.Pointer, x.Ld, 1, b.Pointer, b.Ld, c.Pointer, c.Ld, accumulate, null);
            c.AssertClose((i, j) => (accumulate ? before.At(i, j) : 0) + Sum(k, s => x.At(i, s) * b.At(s, j)), Unit * (k + 1) * 2, $"settle {m} {n} {k}");

            using var d = PaddedMatrix<T>.Random(k, m, round + 4);
            using var g = before.Clone();
            kernels.Outer(m, n, k, d.Pointer, 1, d.Ld, b.Pointer, b.Ld, g.Pointer, g.Ld, accumulate, null);
            g.AssertClose((i, j) => (accumulate ? before.At(i, j) : 0) + Sum(k, s => d.At(s, i) * b.At(s, j)), Unit * (k + 1) * 2, $"learn {m} {n} {k}");
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Products_agree_beyond_the_sizes_of_their_blocks(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        foreach ((int m, int n, int k) in new[] { (131, 70, 521), (9, 330, 600), (250, 37, 257), (3, 5, 1500), (300, 9, 1030), (37, 300, 600) })
        {
            using var x = PaddedMatrix<T>.Random(m, k, 1);
            using var w = PaddedMatrix<T>.Random(n, k, 2);
            using var b = PaddedMatrix<T>.Random(k, n, 3);
            using var z = new PaddedMatrix<T>(m, n);
            using var c = new PaddedMatrix<T>(m, n, 16);
            kernels.Dot(m, n, k, x.Pointer, x.Ld, w.Pointer, w.Ld, z.Pointer, z.Ld);
            kernels.Outer(m, n, k, x.Pointer, x.Ld, 1, b.Pointer, b.Ld, c.Pointer, c.Ld, false, null);
            z.AssertClose((i, j) => Sum(k, s => x.At(i, s) * w.At(j, s)), Unit * k, $"dot {m} {n} {k}");
            c.AssertClose((i, j) => Sum(k, s => x.At(i, s) * b.At(s, j)), Unit * k, $"outer {m} {n} {k}");
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void The_bits_of_a_dot_product_do_not_depend_on_its_tile(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        const int m = 45, n = 39, k = 131;
        using var x = PaddedMatrix<T>.Random(m, k, 1);
        using var w = PaddedMatrix<T>.Random(n, k, 2);
        using var whole = new PaddedMatrix<T>(m, n);
        kernels.Dot(m, n, k, x.Pointer, x.Ld, w.Pointer, w.Ld, whole.Pointer, whole.Ld);

        var random = new Random(3);
        for (int round = 0; round < 40; round++)
        {
            using var tiled = new PaddedMatrix<T>(m, n);
            for (int i = 0, rows; i < m; i += rows)
            {
                rows = Math.Min(random.Next(1, 14), m - i);
                for (int j = 0, cols; j < n; j += cols)
                {
                    cols = Math.Min(random.Next(1, 14), n - j);
                    kernels.Dot(rows, cols, k, x.Pointer + i * x.Ld, x.Ld, w.Pointer + j * w.Ld, w.Ld, tiled.Pointer + i * tiled.Ld + j, tiled.Ld);
                }
            }
            tiled.AssertSame(whole, "tiled");
        }

        using var reversed = new PaddedMatrix<T>(m, k);
        for (int i = 0; i < m; i++)
            for (int s = 0; s < k; s++) reversed[i, s] = x[m - 1 - i, s];
        using var result = new PaddedMatrix<T>(m, n);
        kernels.Dot(m, n, k, reversed.Pointer, reversed.Ld, w.Pointer, w.Ld, result.Pointer, result.Ld);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) Assert.Equal(whole[m - 1 - i, j], result[i, j]);
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void The_bits_of_an_outer_product_do_not_depend_on_its_tile_its_depth_blocks_or_the_width(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        const int m = 45, n = 83, k = 300;
        using var d = PaddedMatrix<T>.Random(k, m, 1);
        using var x = PaddedMatrix<T>.Random(k, n, 2);
        using var whole = new PaddedMatrix<T>(m, n);
        Kernels(128).Outer(m, n, k, d.Pointer, 1, d.Ld, x.Pointer, x.Ld, whole.Pointer, whole.Ld, false, null);

        var random = new Random(3);
        for (int round = 0; round < 40; round++)
        {
            using var tiled = new PaddedMatrix<T>(m, n);
            for (int i = 0, rows; i < m; i += rows)
            {
                rows = Math.Min(random.Next(1, 20), m - i);
                for (int j = 0, cols; j < n; j += cols)
                {
                    cols = Math.Min(16 * random.Next(1, 5), n - j);
                    for (int s = 0, depth; s < k; s += depth)
                    {
                        depth = Math.Min(random.Next(1, 290), k - s);
                        kernels.Outer(rows, cols, depth, d.Pointer + s * d.Ld + i, 1, d.Ld, x.Pointer + s * x.Ld + j, x.Ld,
                            tiled.Pointer + i * tiled.Ld + j, tiled.Ld, s > 0, null);
                    }
                }
            }
            tiled.AssertSame(whole, "tiled");
            tiled.AssertIntact("tiled");
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void A_transposed_dot_product_agrees_with_naive_sums_and_its_bits_do_not_depend_on_its_tile(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        foreach ((int m, int n, int k) in new[] { (1, 1, 1), (5, 3, 9), (16, 16, 16), (20, 100, 31), (45, 39, 131), (64, 210, 70), (33, 7, 600) })
        {
            using var x = PaddedMatrix<T>.Random(m, k, 1);
            using var w = PaddedMatrix<T>.Random(n, k, 2);
            using var whole = new PaddedMatrix<T>(m, n);
            using var scratch = new PaddedMatrix<T>(1, (int)kernels.TransposedScratch(m, k));
            kernels.DotTransposed(m, n, k, x.Pointer, x.Ld, w.Pointer, w.Ld, whole.Pointer, whole.Ld, scratch.Pointer);
            whole.AssertClose((i, j) => Sum(k, s => x.At(i, s) * w.At(j, s)), Unit * (k + 1) * 2, $"transposed {m} {n} {k}");
            scratch.AssertIntact("scratch");

            var random = new Random(3);
            for (int round = 0; round < 10; round++)
            {
                using var tiled = new PaddedMatrix<T>(m, n);
                for (int i = 0, rows; i < m; i += rows)
                {
                    rows = Math.Min(random.Next(1, 24), m - i);
                    for (int j = 0, cols; j < n; j += cols)
                    {
                        cols = Math.Min(random.Next(1, 24), n - j);
                        kernels.DotTransposed(rows, cols, k, x.Pointer + i * x.Ld, x.Ld, w.Pointer + j * w.Ld, w.Ld, tiled.Pointer + i * tiled.Ld + j, tiled.Ld, scratch.Pointer);
                    }
                }
                tiled.AssertSame(whole, "tiled");
                tiled.AssertIntact("tiled");
            }
        }
    }

    // The library takes it at widths with 16 registers, which this machine need not have.
    [Fact]
    public void A_product_of_copied_blocks_has_the_bits_of_one_that_is_not()
    {
        Compare<Vector128<T>, Simd128<T>>();
        Compare<Vector256<T>, Simd256<T>>();

        static void Compare<V, S>() where V : struct where S : struct, ISimd<T, V>
        {
            foreach ((int m, int n, int k) in new[] { (48, 96, 256), (101, 83, 300), (5, 17, 3), (2, 9, 5), (64, 40, 513), (260, 40, 70), (279, 24, 257), (520, 17, 9) })
                foreach (bool accumulate in new[] { false, true })
                {
                    using var d = PaddedMatrix<T>.Random(k, m, 1);
                    using var e = PaddedMatrix<T>.Random(m, k, 4);
                    using var x = PaddedMatrix<T>.Random(k, n, 2);
                    using var learned = PaddedMatrix<T>.Random(m, n, 3);
                    using var settled = learned.Clone();
                    using var plain = learned.Clone();
                    using var scratch = new PaddedMatrix<T>(1, (int)PackedOuterProduct<T, V, S>.ScratchLength);
                    int padded = (n + S.Width - 1) / S.Width * S.Width;
                    string what = $"{S.Width} {m} {n} {k} {accumulate}";

                    PackedOuterProduct<T, V, S>.Run(m, padded, k, e.Pointer, e.Ld, 1, x.Pointer, x.Ld, settled.Pointer, settled.Ld, accumulate, scratch.Pointer);
                    Kernels(512).Outer(m, n, k, e.Pointer, e.Ld, 1, x.Pointer, x.Ld, plain.Pointer, plain.Ld, accumulate, null);
                    settled.AssertSame(plain, $"settle {what}");
                    settled.AssertIntact(what);

                    using var plainLearned = learned.Clone();
                    PackedOuterProduct<T, V, S>.Run(m, padded, k, d.Pointer, 1, d.Ld, x.Pointer, x.Ld, learned.Pointer, learned.Ld, accumulate, scratch.Pointer);
                    Kernels(512).Outer(m, n, k, d.Pointer, 1, d.Ld, x.Pointer, x.Ld, plainLearned.Pointer, plainLearned.Ld, accumulate, null);
                    learned.AssertSame(plainLearned, $"learn {what}");
                    learned.AssertIntact(what);
                    scratch.AssertIntact(what);
                }
        }
    }

    [Fact]
    public void Scratch_changes_no_bit_of_an_outer_product()
    {
        foreach (int bits in new[] { 128, 256, 512 })
            foreach ((int m, int n, int k, bool learns) in new[] { (200, 700, 600, false), (70, 1100, 1000, false), (40, 520, 130, true) })
            {
                CpuKernels<T> kernels = Kernels(bits);
                using var a = learns ? PaddedMatrix<T>.Random(k, m, 1) : PaddedMatrix<T>.Random(m, k, 1);
                using var b = PaddedMatrix<T>.Random(k, n, 2);
                using var copied = new PaddedMatrix<T>(m, n);
                using var plain = new PaddedMatrix<T>(m, n);
                using var scratch = new PaddedMatrix<T>(1, (int)Math.Max(1, kernels.OuterScratch(m, n, k, learns)));
                (int strideM, int strideK) = learns ? (1, a.Ld) : (a.Ld, 1);
                kernels.Outer(m, n, k, a.Pointer, strideM, strideK, b.Pointer, b.Ld, copied.Pointer, copied.Ld, false, scratch.Pointer);
                kernels.Outer(m, n, k, a.Pointer, strideM, strideK, b.Pointer, b.Ld, plain.Pointer, plain.Ld, false, null);
                copied.AssertSame(plain, $"{bits} {m} {n} {k}");
                copied.AssertIntact("c");
                scratch.AssertIntact("scratch");
            }
    }

    [Fact]
    public void A_sum_of_nothing_is_zero()
    {
        using var operand = PaddedMatrix<T>.Random(5, 16, 1);
        using var z = PaddedMatrix<T>.Random(5, 7, 2);
        using var c = z.Clone();
        using var kept = z.Clone();
        Kernels(256).Dot(5, 7, 0, operand.Pointer, 16, operand.Pointer, 16, z.Pointer, z.Ld);
        Kernels(256).Outer(5, 7, 0, operand.Pointer, 16, 1, operand.Pointer, 16, c.Pointer, c.Ld, false, null);
        Kernels(256).Outer(5, 7, 0, operand.Pointer, 16, 1, operand.Pointer, 16, kept.Pointer, kept.Ld, true, null);
        z.AssertClose((_, _) => 0, 0, "dot");
        c.AssertClose((_, _) => 0, 0, "outer");
        using var same = PaddedMatrix<T>.Random(5, 7, 2);
        kept.AssertSame(same, "accumulated");
    }

    private static int Pick(Random random) => random.Next(3) == 0 ? random.Next(1, 68) : Extents[random.Next(Extents.Length)];

    private static double Sum(int k, Func<int, double> term)
    {
        double sum = 0;
        for (int s = 0; s < k; s++) sum += term(s);
        return sum;
    }
}

public sealed class FloatProductTests : ProductSuite<float>;

public sealed class DoubleProductTests : ProductSuite<double>;
