using System.Globalization;
using PcKernels.Randomness;

namespace PcKernels.Tests.Randomness;

public sealed class PhiloxTests
{
    // The vectors published with Random123 (kat_vectors, philox4x32 10).
    [Theory]
    [InlineData(0UL, 0UL, 0UL, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x85a308d3243f6a88UL, 0x0370734413198a2eUL, 0x299f31d0a4093822UL, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Gives_the_published_answers(ulong low, ulong high, ulong key, uint w0, uint w1, uint w2, uint w3) =>
        Assert.Equal((w0, w1, w2, w3), new Philox(key, 0).Block(low, high));

    [Fact]
    public void Agrees_with_the_table_that_the_native_tests_read()
    {
        int lines = 0;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "philox.txt")))
        {
            if (line.StartsWith('#')) continue;
            string[] words = line.Split(' ');
            var random = new Philox(ulong.Parse(words[0], CultureInfo.InvariantCulture), ulong.Parse(words[1], CultureInfo.InvariantCulture));
            ulong index = ulong.Parse(words[2], CultureInfo.InvariantCulture);
            Assert.Equal(words[3], random.UInt32(index).ToString("x8", CultureInfo.InvariantCulture));
            Assert.Equal(words[4], BitConverter.DoubleToUInt64Bits(random.Uniform(index)).ToString("x16", CultureInfo.InvariantCulture));
            lines++;
        }
        Assert.Equal(20, lines);
    }

    [Fact]
    public void Draws_are_cut_from_the_block_of_their_index()
    {
        var random = new Philox(seed: 11, stream: 5);
        for (ulong index = 0; index < 1000; index++)
        {
            (uint w0, uint w1, _, _) = random.Block(index, 5);
            Assert.Equal(w0, random.UInt32(index));
            Assert.Equal(w0 | ((ulong)w1 << 32), random.UInt64(index));
            Assert.Equal((random.UInt64(index) >> 11) / 9007199254740992.0, random.Uniform(index));
            Assert.Equal((w0 >> 8) / 16777216.0f, random.UniformSingle(index));
        }
    }

    // The bounds are 5 standard errors of each moment for n draws; the draws are fixed, so the test never flickers.
    [Fact]
    public void Uniform_has_the_moments_of_the_unit_interval()
    {
        const int n = 200_000;
        var random = new Philox(1, 2);
        double sum = 0, squares = 0, neighbours = 0, singles = 0;
        for (ulong i = 0; i < n; i++)
        {
            double u = random.Uniform(i);
            Assert.InRange(u, 0, 1 - 1.0 / (1L << 53));
            Assert.InRange(random.UniformSingle(i), 0, 1 - 1.0f / (1 << 24));
            sum += u;
            squares += u * u;
            neighbours += (u - 0.5) * (random.Uniform(i + 1) - 0.5);
            singles += random.UniformSingle(i);
        }
        Assert.Equal(0.5, sum / n, 5 * Math.Sqrt(1 / 12.0 / n));
        Assert.Equal(1 / 3.0, squares / n, 5 * Math.Sqrt(4 / 45.0 / n));
        Assert.Equal(0, neighbours / n, 5 * Math.Sqrt(1 / 144.0 / n));
        Assert.Equal(0.5, singles / n, 5 * Math.Sqrt(1 / 12.0 / n));
    }

    [Fact]
    public void Normal_has_the_moments_and_the_tails_of_the_bell_curve()
    {
        const int n = 200_000;
        var random = new Philox(3, 4);
        double sum = 0, squares = 0, fourth = 0;
        int beyondTwo = 0;
        for (ulong i = 0; i < n; i++)
        {
            double z = random.Normal(i);
            sum += z;
            squares += z * z;
            fourth += z * z * z * z;
            if (Math.Abs(z) > 2) beyondTwo++;
        }
        Assert.Equal(0, sum / n, 5 * Math.Sqrt(1.0 / n));
        Assert.Equal(1, squares / n, 5 * Math.Sqrt(2.0 / n));
        Assert.Equal(3, fourth / n, 5 * Math.Sqrt(96.0 / n));
        const double p = 0.0455002639; // P(|z| > 2)
        Assert.Equal(p, beyondTwo / (double)n, 5 * Math.Sqrt(p * (1 - p) / n));
    }

    [Fact]
    public void Seeds_streams_and_indices_all_count_in_every_half()
    {
        var seen = new HashSet<ulong>();
        foreach (ulong a in new[] { 0UL, 1UL, 1UL << 32, 1UL << 63 })
            foreach (ulong b in new[] { 0UL, 1UL, 1UL << 32, 1UL << 63 })
                foreach (ulong c in new[] { 0UL, 1UL, 1UL << 32, 1UL << 63 })
                    seen.Add(new Philox(a, b).UInt64(c));
        Assert.Equal(64, seen.Count);
    }
}
