using System.Numerics;
using PcKernels.Execution.Kernels;

namespace PcKernels.Tests.Execution.Kernels;

/// <summary>The elementwise kernels, exactly: each operation is rounded once, in the order of the formula, at every width.</summary>
public abstract unsafe class ElementwiseSuite<T> : KernelSuite<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly (int Rows, int Cols)[] Sizes = [(1, 1), (3, 5), (2, 16), (4, 17), (5, 36), (7, 67), (9, 48)];

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Sums_products_and_copies(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        foreach ((int rows, int cols) in Sizes)
        {
            using var a = PaddedMatrix<T>.Random(rows, cols, 1);
            using var b = PaddedMatrix<T>.Random(rows, cols, 2);
            using var bias = PaddedMatrix<T>.Random(1, cols, 3);
            using var c = new PaddedMatrix<T>(rows, cols);
            kernels.Error(rows, cols, a.Pointer, a.Ld, b.Pointer, b.Ld, c.Pointer, c.Ld);
            Exactly(c, (i, j) => a[i, j] - b[i, j], "error");
            kernels.Add(rows, cols, a.Pointer, a.Ld, b.Pointer, b.Ld, c.Pointer, c.Ld);
            Exactly(c, (i, j) => a[i, j] + b[i, j], "add");
            kernels.Multiply(rows, cols, a.Pointer, a.Ld, b.Pointer, b.Ld, c.Pointer, c.Ld);
            Exactly(c, (i, j) => a[i, j] * b[i, j], "multiply");
            kernels.Scale(rows, cols, a.Pointer, a.Ld, Value(0.3), c.Pointer, c.Ld);
            Exactly(c, (i, j) => a[i, j] * Value(0.3), "scale");
            kernels.Copy(rows, cols, b.Pointer, b.Ld, c.Pointer, c.Ld);
            Exactly(c, (i, j) => b[i, j], "copy");
            kernels.AddBias(rows, cols, c.Pointer, c.Ld, bias.Pointer);
            Exactly(c, (i, j) => b[i, j] + bias[0, j], "bias");
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Weighted_errors(int bits)
    {
        foreach ((int rows, int cols) in Sizes)
            foreach (bool perColumn in new[] { false, true })
                foreach (bool sloped in new[] { false, true })
                {
                    using var e = PaddedMatrix<T>.Random(rows, cols, 1);
                    using var d = PaddedMatrix<T>.Random(rows, cols, 2);
                    using var pi = PaddedMatrix<T>.Random(1, cols, 3);
                    using var delta = new PaddedMatrix<T>(rows, cols);
                    T scalar = Value(1.7);
                    Kernels(bits).Weight(rows, cols, e.Pointer, e.Ld, perColumn ? pi.Pointer : null, scalar, sloped ? d.Pointer : null, d.Ld, delta.Pointer, delta.Ld);
                    Exactly(delta, (i, j) => (perColumn ? pi[0, j] : scalar) * e[i, j] * (sloped ? d[i, j] : T.One), "weight");
                }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Moves(int bits)
    {
        for (int options = 0; options < 32; options++)
        {
            bool hasError = (options & 1) != 0, perColumn = (options & 2) != 0, hasAdjoint = (options & 4) != 0, fast = (options & 8) != 0, inPlace = (options & 16) != 0;
            foreach ((int rows, int cols) in Sizes)
            {
                using var x = PaddedMatrix<T>.Random(rows, cols, 1);
                using var e = PaddedMatrix<T>.Random(rows, cols, 2);
                using var adjoint = PaddedMatrix<T>.Random(rows, cols, 3);
                using var pi = PaddedMatrix<T>.Random(1, cols, 4);
                using var v = PaddedMatrix<T>.Random(rows, cols, 5);
                using var x0 = x.Clone();
                using var v0 = v.Clone();
                using var other = new PaddedMatrix<T>(rows, cols);
                PaddedMatrix<T> moved = inPlace ? x : other;
                (T scalar, T gamma, T momentum) = (Value(1.7), Value(0.1), Value(0.9));
                Kernels(bits).Move(rows, cols, x.Pointer, x.Ld, moved.Pointer, moved.Ld, hasError ? e.Pointer : null, e.Ld, perColumn ? pi.Pointer : null, scalar,
                    hasAdjoint ? adjoint.Pointer : null, adjoint.Ld, gamma, fast ? v.Pointer : null, v.Ld, momentum);
                T Force(int i, int j)
                {
                    T g = hasError ? (perColumn ? pi[0, j] : scalar) * e[i, j] : T.Zero;
                    if (hasAdjoint) g -= adjoint[i, j];
                    return fast ? momentum * v0[i, j] + g : g;
                }
                Exactly(moved, (i, j) => x0[i, j] - gamma * Force(i, j), $"move {options}");
                if (fast) Exactly(v, Force, $"velocity {options}");
            }
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void A_move_with_its_error_is_a_move_then_an_error_then_a_weight(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        foreach ((int rows, int cols) in Sizes)
        {
            using var x = PaddedMatrix<T>.Random(rows, cols, 1);
            using var adjoint = PaddedMatrix<T>.Random(rows, cols, 2);
            using var mu = PaddedMatrix<T>.Random(rows, cols, 3);
            using var slope = PaddedMatrix<T>.Random(rows, cols, 4);
            using var moved = new PaddedMatrix<T>(rows, cols);
            using var error = new PaddedMatrix<T>(rows, cols);
            using var delta = new PaddedMatrix<T>(rows, cols);
            using var deltaAlone = new PaddedMatrix<T>(rows, cols);
            (T gamma, T pi) = (Value(0.7), Value(1.3));
            kernels.MoveWithError(rows, cols, x.Pointer, x.Ld, moved.Pointer, moved.Ld, adjoint.Pointer, adjoint.Ld, gamma, mu.Pointer, mu.Ld, error.Pointer, error.Ld,
                pi, slope.Pointer, slope.Ld, delta.Pointer, delta.Ld);
            kernels.MoveWithError(rows, cols, x.Pointer, x.Ld, null, 0, adjoint.Pointer, adjoint.Ld, gamma, mu.Pointer, mu.Ld, null, 0,
                pi, slope.Pointer, slope.Ld, deltaAlone.Pointer, deltaAlone.Ld);
            using var expected = new PaddedMatrix<T>(rows, cols);
            kernels.Move(rows, cols, x.Pointer, x.Ld, expected.Pointer, expected.Ld, null, 0, null, pi, adjoint.Pointer, adjoint.Ld, gamma, null, 0, T.Zero);
            Exactly(moved, (i, j) => expected[i, j], "moved");
            Exactly(error, (i, j) => moved[i, j] - mu[i, j], "error");
            Exactly(delta, (i, j) => pi * error[i, j] * slope[i, j], "delta");
            Exactly(deltaAlone, (i, j) => delta[i, j], "delta alone");
            kernels.MoveWithError(rows, cols, x.Pointer, x.Ld, null, 0, adjoint.Pointer, adjoint.Ld, gamma, mu.Pointer, mu.Ld, null, 0,
                pi, null, 0, deltaAlone.Pointer, deltaAlone.Ld);
            Exactly(deltaAlone, (i, j) => pi * error[i, j], "delta where f′ is 1");
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Column_sums_and_squares(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        foreach ((int rows, int cols) in Sizes)
        {
            using var d = PaddedMatrix<T>.Random(rows, cols, 1);
            using var pi = PaddedMatrix<T>.Random(1, cols, 2);
            using var sums = PaddedMatrix<T>.Random(1, cols, 3);
            using var before = sums.Clone();
            kernels.ColumnSums(rows, cols, d.Pointer, d.Ld, sums.Pointer, true);
            Exactly(sums, (_, j) => Enumerable.Range(0, rows).Aggregate(before[0, j], (sum, i) => sum + d[i, j]), "accumulated");
            kernels.ColumnSums(rows, cols, d.Pointer, d.Ld, sums.Pointer, false);
            Exactly(sums, (_, j) => Enumerable.Range(0, rows).Aggregate(T.Zero, (sum, i) => sum + d[i, j]), "sums");

            // A precision of 1 has a way of its own.
            foreach ((bool perColumn, T constant) in new[] { (false, Value(1.7)), (false, T.One), (true, T.One) })
            {
                T* precisions = perColumn ? pi.Pointer : null;
                double got = kernels.SumSquares(rows, cols, d.Pointer, d.Ld, precisions, constant), want = 0, split = 0;
                for (int i = 0; i < rows; i++)
                {
                    for (int j = 0; j < cols; j++) want += (perColumn ? pi.At(0, j) : double.CreateTruncating(constant)) * d.At(i, j) * d.At(i, j);
                    split += kernels.SumSquares(1, cols, d.Pointer + i * d.Ld, d.Ld, precisions, constant);
                }
                Assert.Equal(want, got, 1e-13 * rows * cols);
                Assert.Equal(split, got);
                Assert.Equal(Kernels(128).SumSquares(rows, cols, d.Pointer, d.Ld, precisions, constant), got);
            }
        }
    }

    private static void Exactly(PaddedMatrix<T> got, Func<int, int, T> expected, string what)
    {
        for (int i = 0; i < got.Rows; i++)
            for (int j = 0; j < got.Cols; j++) Assert.True(got[i, j] == expected(i, j), $"{what} ({i}, {j}): {got[i, j]}, not {expected(i, j)}");
        got.AssertIntact(what);
    }
}

public sealed class FloatElementwiseTests : ElementwiseSuite<float>;

public sealed class DoubleElementwiseTests : ElementwiseSuite<double>;
