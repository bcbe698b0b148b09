using System.Numerics;

namespace PcKernels.Tests.Execution.Kernels;

/// <summary>Several steps of each optimiser against its formula in double.</summary>
public abstract unsafe class OptimizerKernelSuite<T> : KernelSuite<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Rows = 3, Steps = 5;
    private const double Rate = 0.05, Beta1 = 0.9, Beta2 = 0.99, Epsilon = 1e-8;

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Plain_descent(int bits) => Compare(bits, 0, (theta, g, _, _, decay) => theta - Rate * (g + decay * theta),
        (kernels, ld, cols, theta, g, _, _, _, decay) => kernels.Sgd(Rows, cols, ld, theta, g, T.One, Rate, decay));

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Momentum_as_in_torch(int bits)
    {
        foreach (bool nesterov in new[] { false, true })
            Compare(bits, 1, (theta, g, state, step, decay) =>
            {
                g += decay * theta;
                state[0] = step == 1 ? g : Beta1 * state[0] + g;
                return theta - Rate * (nesterov ? g + Beta1 * state[0] : state[0]);
            }, (kernels, ld, cols, theta, g, b, _, step, decay) => kernels.Momentum(Rows, cols, ld, theta, g, b, Rate, Beta1, decay, nesterov, step == 1));
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Adam_and_AdamW_as_in_torch(int bits)
    {
        foreach (bool decoupled in new[] { false, true })
            Compare(bits, 2, (theta, g, state, step, decay) =>
            {
                if (decoupled) theta -= Rate * decay * theta;
                else g += decay * theta;
                state[0] = Beta1 * state[0] + (1 - Beta1) * g;
                state[1] = Beta2 * state[1] + (1 - Beta2) * g * g;
                double c1 = 1 - Math.Pow(Beta1, step), c2 = 1 - Math.Pow(Beta2, step);
                return theta - Rate * (state[0] / c1) / (Math.Sqrt(state[1] / c2) + Epsilon);
            }, (kernels, ld, cols, theta, g, m, v, step, decay) => kernels.Adam(Rows, cols, ld, theta, g, m, v, Rate, Beta1, Beta2, Epsilon, decay,
                decoupled, 1 - Math.Pow(Beta1, step), 1 - Math.Pow(Beta2, step)));
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Plain_descent_by_a_scaled_gradient_has_the_bits_of_scaling_it_first(int bits)
    {
        foreach (double decay in new[] { 0, 0.1 })
        {
            using var theta = PaddedMatrix<T>.Random(Rows, 37, 1);
            using var g = PaddedMatrix<T>.Random(Rows, 37, 3);
            using var expected = theta.Clone();
            using var scaled = g.Clone();
            Kernels(bits).Sgd(Rows, 37, theta.Ld, theta.Pointer, g.Pointer, Value(0.3), Rate, decay);
            Kernels(bits).Scale(Rows, 37, scaled.Pointer, scaled.Ld, Value(0.3), scaled.Pointer, scaled.Ld);
            Kernels(bits).Sgd(Rows, 37, theta.Ld, expected.Pointer, scaled.Pointer, T.One, Rate, decay);
            theta.AssertSame(expected, $"decay {decay}");
        }
    }

    [Fact]
    public void No_gradient_and_no_decay_leave_plain_descent_as_it_is()
    {
        using var theta = PaddedMatrix<T>.Random(Rows, 20, 1);
        using var before = theta.Clone();
        Kernels(256).Sgd(Rows, 20, theta.Ld, theta.Pointer, null, T.One, Rate, 0);
        theta.AssertSame(before, "sgd");
    }

    private protected delegate double Formula(double theta, double g, double[] state, int step, double decay);

    private protected delegate void Step(PcKernels.Execution.Kernels.CpuKernels<T> kernels, int ld, int cols, T* theta, T* g, T* first, T* second, int step, double decay);

    private void Compare(int bits, int states, Formula formula, Step run)
    {
        foreach (int cols in new[] { 1, 16, 37 })
            foreach (double decay in new[] { 0, 0.1 })
            {
                using var theta = PaddedMatrix<T>.Random(Rows, cols, 2);
                using var first = new PaddedMatrix<T>(Rows, cols);
                using var second = new PaddedMatrix<T>(Rows, cols);
                double[] expected = new double[Rows * cols];
                double[][] state = [.. expected.Select(_ => new double[Math.Max(1, states)])];
                for (int i = 0; i < expected.Length; i++) expected[i] = theta.At(i / cols, i % cols);
                for (int step = 1; step <= Steps; step++)
                {
                    using var g = PaddedMatrix<T>.Random(Rows, cols, 2 * step);
                    bool none = step == 3;
                    for (int i = 0; i < expected.Length; i++)
                        expected[i] = formula(expected[i], none ? 0 : g.At(i / cols, i % cols), state[i], step, decay);
                    run(Kernels(bits), theta.Ld, cols, theta.Pointer, none ? null : g.Pointer, first.Pointer, second.Pointer, step, decay);
                    theta.AssertClose((i, j) => expected[i * cols + j], 20 * Unit, $"step {step}, decay {decay}");
                    first.AssertIntact("first state");
                    second.AssertIntact("second state");
                }
            }
    }
}

public sealed class FloatOptimizerKernelTests : OptimizerKernelSuite<float>;

public sealed class DoubleOptimizerKernelTests : OptimizerKernelSuite<double>;
