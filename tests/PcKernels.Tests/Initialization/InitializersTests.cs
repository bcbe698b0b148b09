using PcKernels.Initialization;

namespace PcKernels.Tests.Initialization;

public sealed class InitializersTests
{
    private const int FanIn = 150, FanOut = 90;

    private static double[] Fill(InitializationScheme scheme, bool isBias = false, string name = "h1.weight", ulong seed = 1)
    {
        int[] shape = isBias ? [FanOut] : [FanOut, FanIn];
        double[] values = new double[isBias ? FanOut : FanOut * FanIn];
        Array.Fill(values, double.NaN);
        Initializers.Fill(scheme, name, shape, FanIn, FanOut, isBias, seed, values);
        return values;
    }

    [Theory]
    [InlineData(InitializationScheme.PyTorch, false, 1.0 / 150)]
    [InlineData(InitializationScheme.PyTorch, true, 1.0 / 150)]
    [InlineData(InitializationScheme.Xavier, false, 6.0 / 240)]
    [InlineData(InitializationScheme.Kaiming, false, 6.0 / 150)]
    public void Values_fill_the_interval_evenly(InitializationScheme scheme, bool isBias, double boundSquared)
    {
        double[] values = Fill(scheme, isBias);
        double bound = Math.Sqrt(boundSquared);
        Assert.All(values, v => Assert.InRange(v, -bound * (1 + 1e-7), bound * (1 + 1e-7)));
        Assert.Equal(0, values.Average() / bound, 5 / Math.Sqrt(3.0 * values.Length));
        Assert.Equal(1 / 3.0, values.Average(v => v * v) / boundSquared, 5 * Math.Sqrt(4 / 45.0 / values.Length));
        Assert.True(values.Max() > 0.9 * bound && values.Min() < -0.9 * bound);
    }

    [Theory]
    [InlineData(InitializationScheme.Xavier, true)]
    [InlineData(InitializationScheme.Kaiming, true)]
    [InlineData(InitializationScheme.Zeros, true)]
    [InlineData(InitializationScheme.Zeros, false)]
    public void The_rest_is_zero(InitializationScheme scheme, bool isBias) => Assert.All(Fill(scheme, isBias), v => Assert.Equal(0, v));

    [Fact]
    public void Values_are_float32_numbers() =>
        Assert.All(Fill(InitializationScheme.PyTorch), v => Assert.Equal((double)(float)v, v));

    [Fact]
    public void The_same_seed_and_name_give_the_same_values_and_others_do_not()
    {
        double[] values = Fill(InitializationScheme.PyTorch);
        Assert.Equal(values, Fill(InitializationScheme.PyTorch));
        Assert.NotEqual(values, Fill(InitializationScheme.PyTorch, seed: 2));
        Assert.NotEqual(values, Fill(InitializationScheme.PyTorch, name: "h2.weight"));
    }

    // Known answers of 64-bit FNV-1a (Noll's test vectors).
    [Theory]
    [InlineData("", 0xcbf29ce484222325UL)]
    [InlineData("a", 0xaf63dc4c8601ec8cUL)]
    [InlineData("foobar", 0x85944171f73967e8UL)]
    public void Streams_are_FNV_1a_of_the_name(string name, ulong hash) => Assert.Equal(hash, Initializers.StreamOf(name));

    [Fact]
    public void Wrong_arguments_are_named()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            Initializers.Fill(InitializationScheme.PyTorch, "h1.weight", [2, 3], 3, 2, false, 1, new double[5]));
        Assert.Contains("h1.weight: 5 values for shape [2, 3]", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Initializers.Fill(InitializationScheme.PyTorch, "h1.weight", [0], 0, 1, false, 1, []));
        Assert.Throws<ArgumentException>(() =>
            Initializers.Fill((InitializationScheme)99, "h1.weight", [1], 1, 1, false, 1, new double[1]));
    }
}
