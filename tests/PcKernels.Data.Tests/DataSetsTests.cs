namespace PcKernels.Data.Tests;

public sealed class DataSetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_embedded_digits_are_the_original_ones()
    {
        DataSet digits = DataSets.Load("digits");
        Assert.Equal(3823, digits.Train.Count);
        Assert.Equal(1797, digits.Test.Count);
        Assert.Equal(10, digits.Train.Classes);
        Assert.Equal([8, 8], digits.Train.SampleShape);
        Assert.Equal("0123456789", string.Concat(digits.ClassNames));
        Assert.Equal([new("optdigits.tra", "0948bd2456168bcd13035aec2afc3a7b"), new("optdigits.tes", "6e48d6930e4d67d66a0f2f88a36c2349")], digits.Checksums);
        Assert.Contains("Alpaydin", digits.Source, StringComparison.Ordinal);
        Assert.Equal("CC BY 4.0", digits.Licence);
        float[] all = digits.Train.ToArray();
        Assert.Equal(0, all.Min());
        Assert.Equal(1, all.Max());
        // The last line of the file: 0,0,2,15,16,13,1,… with the label 7.
        Assert.Equal([0, 0, 2 / 16f, 15 / 16f, 1, 13 / 16f, 1 / 16f, 0], all.AsSpan(3822 * 64, 8).ToArray());
        Assert.Equal(7, digits.Train.Labels.Span[^1]);
        Assert.Equal(Enumerable.Range(0, 10), digits.Test.Labels.ToArray().Distinct().Order());
    }

    [Fact]
    public void What_ships_is_listed_and_loads()
    {
        foreach (KnownDataSet known in DataSets.Known) Assert.Equal(known.Name, DataSets.Load(known.Name).Name);
    }

    [Fact]
    public void An_unknown_name_lists_the_known_ones() =>
        Refusal.Says("'digit' is no data set: neither a folder nor a file, and the names known are digits", () => DataSets.Load("digit"));

    [Fact]
    public void A_folder_without_data_lists_what_was_looked_for()
    {
        _folder.Text("readme.md", "hello");
        Refusal.Says($"'{_folder.Path}' holds no data set; looked for train-images-idx3-ubyte[.gz] with train-labels-idx1-ubyte[.gz]; data_batch_*.bin[.gz] with test_batch.bin[.gz]; "
            + "one *.safetensors file with train.inputs and train.labels or train.targets; NAME.tra with NAME.tes; one *.csv[.gz], or train.csv with test.csv", () => DataSets.Load(_folder.Path));
    }

    [Fact]
    public void A_file_of_no_known_kind_is_refused() =>
        Refusal.Says("is no data set by itself; a folder, or a file that ends in .csv", () => DataSets.Load(_folder.Text("a.xyz", "1,2")));

    [Fact]
    public void A_missing_test_part_is_an_error_that_says_so()
    {
        DataSet set = DataSets.Load(_folder.Text("a.csv", "1,2,a\n3,4,b"));
        Assert.False(set.HasTest);
        Refusal.Says("the data set 'a' has no test part", () => _ = set.Test);
        Refusal.Says("the data set 'a' has no validation part", () => _ = set.Validation);
    }

    [Fact]
    public void A_validation_part_is_split_off_without_loss_and_the_same_for_the_same_seed()
    {
        DataSet whole = DataSets.Load(_folder.Text("a.csv", string.Join('\n', Enumerable.Range(0, 100).Select(i => $"{i},{i % 3}"))));
        DataSet split = whole.WithValidation(0.2, seed: 7), again = whole.WithValidation(0.2, 7), other = whole.WithValidation(0.2, 8);
        Assert.Equal((80, 20), (split.Train.Count, split.Validation.Count));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (float)i), split.Train.ToArray().Concat(split.Validation.ToArray()).Order());
        Assert.Equal(split.Validation.ToArray(), again.Validation.ToArray());
        Assert.NotEqual(split.Validation.ToArray(), other.Validation.ToArray());
        for (int i = 0; i < 20; i++) Assert.Equal((int)split.Validation.ToArray()[i] % 3, split.Validation.Labels.Span[i]);
        // A split of a split reads the right rows.
        DataSet twice = split.WithTest(0.25, 1);
        Assert.Equal((60, 20, 20), (twice.Train.Count, twice.Test.Count, twice.Validation.Count));
        for (int i = 0; i < 20; i++) Assert.Equal((int)twice.Test.ToArray()[i] % 3, twice.Test.Labels.Span[i]);
        Refusal.Says("has a test part of 20 samples already", () => twice.WithTest(0.5, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(0.001)]
    public void A_fraction_that_leaves_a_part_empty_is_refused(double fraction)
    {
        DataSet whole = DataSets.Load(_folder.Text("a.csv", "1,0\n2,1\n3,1"));
        Assert.Throws<InputException>(() => whole.WithValidation(fraction, 0));
    }
}
