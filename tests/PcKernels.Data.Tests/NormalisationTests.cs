namespace PcKernels.Data.Tests;

public sealed class NormalisationTests
{
    [Fact]
    public void Columns_of_a_table_become_mean_0_and_deviation_1_each_and_a_constant_one_0()
    {
        // 0.1 has no exact mean in binary: the third column must come out constant all the same.
        DataPart train = DataPart.FromInputs("t", [1, 10, 0.1f, 3, 30, 0.1f, 5, 20, 0.1f], [3]);
        Normalisation fitted = Normalisation.Fit(train);
        Assert.Equal([3f, 20f, 0.1f], fitted.Mean.ToArray());
        Assert.Equal(0, fitted.Deviation.Span[2]);
        Assert.Equal(Math.Sqrt(8.0 / 3), fitted.Deviation.Span[0], 6);
        float[] values = train.ToArray();
        fitted.Apply(values, 3);
        for (int column = 0; column < 2; column++)
        {
            float[] own = [values[column], values[column + 3], values[column + 6]];
            Assert.Equal(0, own.Average(), 6);
            Assert.Equal(1, Math.Sqrt(own.Average(v => v * v)), 6);
        }
        float[] test = [3, 20, 77];
        fitted.Apply(test, 3);
        Assert.Equal([0f, 0f, 0f], test);
    }

    [Fact]
    public void Images_have_one_mean_and_one_deviation()
    {
        Normalisation fitted = Normalisation.Fit(DataPart.FromInputs("i", [0, 2, 4, 6, 0, 2, 4, 6], [2, 2]));
        Assert.Equal([3f], fitted.Mean.ToArray());
        Assert.Equal(Math.Sqrt(5), fitted.Deviation.Span[0], 6);
    }

    [Fact]
    public void Saved_figures_make_the_same_map()
    {
        Normalisation fitted = Normalisation.Fit(DataSets.Load("digits").Train);
        (Graphs.Tensor mean, Graphs.Tensor deviation) = fitted.ToTensors();
        var again = new Normalisation(mean.AsSpan<float>(), deviation.AsSpan<float>());
        float[] a = DataSets.Load("digits").Test.ToArray(), b = [.. a];
        fitted.Apply(a, 64);
        again.Apply(b, 64);
        Assert.Equal(a, b);
    }

    [Fact]
    public void Figures_that_do_not_fit_are_refused()
    {
        Refusal.Says("2 means and 1 deviations", () => _ = new Normalisation([1, 2], [1]));
        Refusal.Says("the deviation -1 at 1; 0 or more is expected", () => _ = new Normalisation([1, 2], [1, -1]));
        Refusal.Says("mean 0 of sample 0 is NaN", () => _ = new Normalisation([float.NaN], [1]));
        Refusal.Says("figures for 2 elements meets samples of 3", () => new Normalisation([1, 2], [1, 1]).Apply(new float[3], 3));
    }

    [Fact]
    public void Each_element_has_the_bits_of_one_subtraction_and_one_division()
    {
        var random = new Random(3);
        float Draw() => (float)(random.NextDouble() - 0.5);
        foreach (int size in new[] { 1, 7, 8, 37 })
        {
            float[] numbers = [.. Enumerable.Range(0, 3 * size).Select(_ => Draw())], mean = [.. Enumerable.Range(0, size).Select(_ => Draw())];
            float[] deviation = [.. Enumerable.Range(0, size).Select(i => i % 3 == 1 ? 0 : 1 + Draw())];
            float[] each = [.. numbers], all = [.. numbers];
            new Normalisation(mean, deviation).Apply(each, size);
            new Normalisation(mean.AsSpan(0, 1), deviation.AsSpan(0, 1)).Apply(all, size);
            for (int i = 0; i < numbers.Length; i++)
            {
                Assert.Equal(deviation[i % size] == 0 ? 0 : (numbers[i] - mean[i % size]) / deviation[i % size], each[i]);
                Assert.Equal((numbers[i] - mean[0]) / deviation[0], all[i]);
            }
        }
    }

    [Fact]
    public void Every_byte_becomes_the_float_nearest_to_its_share()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(static b => (byte)b), 0, 51, 255];
        var numbers = new float[bytes.Length];
        new Samples(bytes, bytes.Length, 0, bytes.Length, 255).Copy(0, numbers);
        Assert.Equal(bytes.Select(static b => (float)(b / 255.0)), numbers);
    }
}
