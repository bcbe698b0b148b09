using System.Numerics;
using PcKernels.Execution.Kernels;
using PcKernels.Graphs;

namespace PcKernels.Tests.Execution.Kernels;

public abstract unsafe class ActivationSuite<T> : KernelSuite<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly Activation[] All = Enum.GetValues<Activation>();

    // Relative; the smallest normal float bounds what a float result can be held to.
    private static double Tolerance => typeof(T) == typeof(float) ? 3e-7 : 1e-14;

    private static double Smallest => typeof(T) == typeof(float) ? 3e-38 : 1e-307;

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Values_and_derivatives_are_accurate(int bits)
    {
        const int rows = 75, cols = 64;
        using var z = new PaddedMatrix<T>(rows, cols);
        using var y = new PaddedMatrix<T>(rows, cols, 16);
        using var d = new PaddedMatrix<T>(rows, cols);
        for (int i = 0; i < rows * cols; i++) z[i / cols, i % cols] = Value((i - rows * cols / 2) / 64.0);
        foreach (Activation f in All)
        {
            Kernels(bits).Activate(f, rows, cols, z.Pointer, z.Ld, y.Pointer, y.Ld, d.Pointer, d.Ld);
            for (int i = 0; i < rows * cols; i++)
            {
                double at = z.At(i / cols, i % cols);
                (double value, double slope, double scale) = Reference(f, at);
                // In the tail of gelu, below Φ(−4) = 3e-5, a quotient of two polynomials of degree 8 costs float more roundings: 4e-7 fused, 5.2e-7 not.
                double tolerance = f == Activation.Gelu && at < -4 ? 1.8 * Tolerance : Tolerance;
                Check($"{f}({at})", y.At(i / cols, i % cols), value, Math.Abs(value), tolerance);
                Check($"{f}'({at})", d.At(i / cols, i % cols), slope, scale, tolerance);
            }
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Tanh_keeps_its_digits_near_zero(int bits)
    {
        using var z = new PaddedMatrix<T>(1, 60);
        using var y = new PaddedMatrix<T>(1, 60);
        for (int j = 0; j < 60; j++) z[0, j] = Value((j % 2 == 0 ? 1.3 : -1.7) * Math.Pow(2, -j / 2));
        Kernels(bits).Activate(Activation.Tanh, 1, 60, z.Pointer, z.Ld, y.Pointer, y.Ld, null, 0);
        for (int j = 0; j < 60; j++) Check($"tanh {z[0, j]}", y.At(0, j), Math.Tanh(z.At(0, j)), Math.Abs(Math.Tanh(z.At(0, j))), Tolerance);
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void The_tail_of_gelu_keeps_its_digits_where_the_square_is_not_exact(int bits)
    {
        int count = typeof(T) == typeof(float) ? 500 : 2000;
        using var z = new PaddedMatrix<T>(1, count);
        using var y = new PaddedMatrix<T>(1, count);
        for (int j = 0; j < count; j++) z[0, j] = Value(-4.0123456789 - j * 0.01612345678);
        Kernels(bits).Activate(Activation.Gelu, 1, count, z.Pointer, z.Ld, y.Pointer, y.Ld, null, 0);
        for (int j = 0; j < count; j++)
        {
            double value = Reference(Activation.Gelu, z.At(0, j)).Value;
            Check($"gelu({z[0, j]})", y.At(0, j), value, Math.Abs(value), 1.8 * Tolerance);
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void One_pass_has_the_bits_of_a_bias_an_activation_an_error_and_a_weight(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        foreach (int cols in new[] { 1, 8, 19, 64, 67 })
            foreach (Activation f in All)
                for (int options = 0; options < 16; options++)
                {
                    const int rows = 3;
                    (bool hasBias, bool keepsY, bool keepsSlope, bool keepsError) = ((options & 1) != 0, (options & 2) != 0, (options & 4) != 0, (options & 8) != 0);
                    using var z = PaddedMatrix<T>.Random(rows, cols, 1, 3);
                    using var bias = PaddedMatrix<T>.Random(1, cols, 2);
                    using var x = PaddedMatrix<T>.Random(rows, cols, 3);
                    using var sum = z.Clone();
                    PaddedMatrix<T> Empty() => new(rows, cols);
                    using PaddedMatrix<T> y = Empty(), slope = Empty(), e = Empty(), delta = Empty(), oneSlope = Empty(), oneError = Empty(), oneDelta = Empty();
                    T pi = Value(1.7);
                    if (hasBias) kernels.AddBias(rows, cols, sum.Pointer, sum.Ld, bias.Pointer);
                    kernels.Activate(f, rows, cols, sum.Pointer, sum.Ld, y.Pointer, y.Ld, slope.Pointer, slope.Ld);
                    kernels.Error(rows, cols, x.Pointer, x.Ld, y.Pointer, y.Ld, e.Pointer, e.Ld);
                    kernels.Weight(rows, cols, e.Pointer, e.Ld, null, pi, slope.Pointer, slope.Ld, delta.Pointer, delta.Ld);
                    // y stands where z was.
                    kernels.ActivateWithError(f, rows, cols, z.Pointer, z.Ld, hasBias ? bias.Pointer : null, keepsY ? z.Pointer : null, z.Ld, keepsSlope ? oneSlope.Pointer : null, oneSlope.Ld,
                        x.Pointer, x.Ld, keepsError ? oneError.Pointer : null, oneError.Ld, pi, oneDelta.Pointer, oneDelta.Ld);
                    if (keepsY) z.AssertSame(y, $"{f} {options}");
                    if (keepsSlope) oneSlope.AssertSame(slope, $"{f}' {options}");
                    if (keepsError) oneError.AssertSame(e, $"error {f} {options}");
                    oneDelta.AssertSame(delta, $"delta {f} {options}");
                    foreach (PaddedMatrix<T> result in new[] { z, oneSlope, oneError, oneDelta }) result.AssertIntact($"{f} {cols}");
                }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Infinities_have_their_limits_and_NaN_stays(int bits)
    {
        double inf = double.PositiveInfinity;
        var limits = new Dictionary<Activation, (double Low, double High, double LowSlope, double HighSlope)>
        {
            [Activation.Identity] = (-inf, inf, 1, 1),
            [Activation.Tanh] = (-1, 1, 0, 0),
            [Activation.Relu] = (0, inf, 0, 1),
            [Activation.LeakyRelu] = (-inf, inf, 0.01, 1),
            [Activation.Sigmoid] = (0, 1, 0, 0),
            [Activation.Gelu] = (0, inf, 0, 1),
            [Activation.Silu] = (0, inf, 0, 1),
        };
        using var z = new PaddedMatrix<T>(1, 5);
        using var y = new PaddedMatrix<T>(1, 5);
        using var d = new PaddedMatrix<T>(1, 5);
        foreach (Activation f in All)
        {
            (z[0, 0], z[0, 1], z[0, 2], z[0, 3], z[0, 4]) = (Value(-inf), Value(inf), T.NaN, Value(-1e30), Value(1e30));
            Kernels(bits).Activate(f, 1, 5, z.Pointer, z.Ld, y.Pointer, y.Ld, d.Pointer, d.Ld);
            (double low, double high, double lowSlope, double highSlope) = limits[f];
            Assert.Equal((low, high), (y.At(0, 0) + 0.0, y.At(0, 1)));
            Assert.Equal((double.CreateTruncating(Value(lowSlope)), highSlope), (d.At(0, 0) + 0.0, d.At(0, 1)));
            Assert.True(T.IsNaN(y[0, 2]), $"{f}(NaN) = {y[0, 2]}");
            if (f != Activation.Identity) Assert.True(T.IsNaN(d[0, 2]), $"{f}'(NaN) = {d[0, 2]}");
            Assert.False(T.IsNaN(y[0, 3]) || T.IsNaN(y[0, 4]) || T.IsNaN(d[0, 3]) || T.IsNaN(d[0, 4]), $"{f} of large numbers");
            y.AssertIntact($"{f}");
            d.AssertIntact($"{f}'");
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Kinks_and_zero_are_as_PyTorch_has_them(int bits)
    {
        using var z = new PaddedMatrix<T>(1, 1);
        using var y = new PaddedMatrix<T>(1, 1);
        using var d = new PaddedMatrix<T>(1, 1);
        foreach ((Activation f, double value, double slope) in new[]
        {
            (Activation.Relu, 0.0, 0.0), (Activation.LeakyRelu, 0, 0.01), (Activation.Tanh, 0, 1), (Activation.Sigmoid, 0.5, 0.25),
            (Activation.Gelu, 0, 0.5), (Activation.Silu, 0, 0.5),
        })
        {
            Kernels(bits).Activate(f, 1, 1, z.Pointer, z.Ld, y.Pointer, y.Ld, d.Pointer, d.Ld);
            Assert.Equal((Value(value), Value(slope)), (y[0, 0], d[0, 0]));
        }
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void Bits_do_not_depend_on_place_or_length_and_pads_become_zero(int bits)
    {
        CpuKernels<T> kernels = Kernels(bits);
        using var z = PaddedMatrix<T>.Random(1, 67, 5, 4);
        foreach (Activation f in All)
        {
            using var whole = new PaddedMatrix<T>(1, 67);
            kernels.Activate(f, 1, 67, z.Pointer, z.Ld, whole.Pointer, whole.Ld, null, 0);
            for (int cols = 1; cols <= 67; cols++)
            {
                using var part = new PaddedMatrix<T>(1, cols);
                for (int j = 0; j < cols; j++) part[0, j] = z[0, 67 - cols + j];
                using var d = new PaddedMatrix<T>(1, cols);
                new Span<T>(d.Pointer, d.Ld).Fill(T.One);
                kernels.Activate(f, 1, cols, part.Pointer, part.Ld, part.Pointer, part.Ld, d.Pointer, d.Ld);
                for (int j = 0; j < cols; j++) Assert.Equal(whole[0, 67 - cols + j], part[0, j]);
                part.AssertIntact($"{f} {cols}");
                d.AssertIntact($"{f}' {cols}");
            }
        }
    }

    private static void Check(string what, double got, double want, double scale, double tolerance)
    {
        double error = Math.Abs(got - want);
        Assert.True(error <= tolerance * scale + Smallest, $"{what} = {got:R}, not {want:R}: {error / scale:g3} relative");
    }

    // Where the derivative is a sum that crosses zero, the scale is that of its terms.
    private static (double Value, double Slope, double Scale) Reference(Activation f, double z)
    {
        double power = Math.Exp(-Math.Abs(z)), sigma = z < 0 ? power / (1 + power) : 1 / (1 + power), slope = power / (1 + power) / (1 + power);
        switch (f)
        {
            case Activation.Identity: return (z, 1, 1);
            case Activation.Tanh: return (Math.Tanh(z), 1 / Math.Cosh(z) / Math.Cosh(z), 1 / Math.Cosh(z) / Math.Cosh(z));
            case Activation.Relu: return (Math.Max(z, 0), z > 0 ? 1 : 0, 1);
            case Activation.LeakyRelu: return (z > 0 ? z : 0.01 * z, z > 0 ? 1 : 0.01, 1);
            case Activation.Sigmoid: return (sigma, slope, slope);
            case Activation.Silu: return (z * sigma, sigma + z * slope, sigma + Math.Abs(z * slope));
            default:
                double phi = NormalDistribution.Cumulative(z), density = NormalDistribution.Density(z);
                return (z * phi, phi + z * density, phi + Math.Abs(z * density));
        }
    }
}

public sealed class FloatActivationTests : ActivationSuite<float>;

public sealed class DoubleActivationTests : ActivationSuite<double>;
