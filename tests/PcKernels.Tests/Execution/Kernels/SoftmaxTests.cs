using System.Numerics;

namespace PcKernels.Tests.Execution.Kernels;

public abstract unsafe class SoftmaxSuite<T> : KernelSuite<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Errors_and_energies_agree_with_the_formula(int bits)
    {
        foreach ((int rows, int cols, double shift) in new[] { (1, 1, 0.0), (3, 10, 0), (5, 67, 0), (4, 33, 5000), (4, 48, -5000) })
        {
            using var mu = PaddedMatrix<T>.Random(rows, cols, 1, 6);
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < cols; j++) mu[i, j] += Value(shift);
            using var x = PaddedMatrix<T>.Random(rows, cols, 2);
            using var e = new PaddedMatrix<T>(rows, cols);
            double Logarithm(int i, int j)
            {
                double max = Enumerable.Range(0, cols).Max(k => mu.At(i, k));
                return mu.At(i, j) - max - Math.Log(Enumerable.Range(0, cols).Sum(k => Math.Exp(mu.At(i, k) - max)));
            }
            Kernels(bits).SoftmaxError(rows, cols, mu.Pointer, mu.Ld, x.Pointer, x.Ld, e.Pointer, e.Ld);
            e.AssertClose((i, j) => x.At(i, j) - Math.Exp(Logarithm(i, j)), 8 * Unit, "softmax error");
            double want = 0;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < cols; j++) want -= x.At(i, j) * Logarithm(i, j);
            Assert.Equal(want, Kernels(bits).CrossEntropy(rows, cols, mu.Pointer, mu.Ld, x.Pointer, x.Ld), 1e-11);
        }
    }

    [Fact]
    public void A_zero_target_costs_nothing_even_where_its_probability_is_zero()
    {
        using var mu = new PaddedMatrix<T>(1, 3);
        using var x = new PaddedMatrix<T>(1, 3);
        (mu[0, 0], mu[0, 1], x[0, 0]) = (Value(2), T.NegativeInfinity, T.One);
        Assert.Equal(Math.Log(1 + Math.Exp(-2)), Kernels(256).CrossEntropy(1, 3, mu.Pointer, mu.Ld, x.Pointer, x.Ld), 1e-15);
    }

    [Fact]
    public void NaN_is_not_lost()
    {
        using var mu = new PaddedMatrix<T>(1, 21);
        using var x = new PaddedMatrix<T>(1, 21);
        using var e = new PaddedMatrix<T>(1, 21);
        (mu[0, 3], x[0, 0]) = (T.NaN, T.One);
        Kernels(128).SoftmaxError(1, 21, mu.Pointer, mu.Ld, x.Pointer, x.Ld, e.Pointer, e.Ld);
        Assert.True(T.IsNaN(e[0, 20]));
        Assert.True(double.IsNaN(Kernels(128).CrossEntropy(1, 21, mu.Pointer, mu.Ld, x.Pointer, x.Ld)));
    }
}

public sealed class FloatSoftmaxTests : SoftmaxSuite<float>;

public sealed class DoubleSoftmaxTests : SoftmaxSuite<double>;
