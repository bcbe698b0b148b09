using PcKernels.Data.Formats;

namespace PcKernels.Data.Tests.Formats;

public sealed class CsvTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1,2,b\n3,4.5,a\n")]
    [InlineData("1,2,b\n3,4.5,a")]
    [InlineData("1;2;b\r\n3;4.5;a\r\n")]
    [InlineData("x,y,class\n1,2,b\n3,4.5,a\n\n\n")]
    [InlineData("\"x,1\",\"y\",\"class\"\n\"1\", 2 ,b\n3,\"4.5\",\"a\"")]
    [InlineData("\ufeffx;\"y\ny\";c\n1;2;b\n3;4.5;a")]
    public void Separators_headers_quotes_and_line_ends_are_told_from_the_file(string text)
    {
        DataSet set = Load(text);
        Assert.Equal([1, 2, 3, 4.5f], set.Train.ToArray());
        Assert.Equal([1, 0], set.Train.Labels.ToArray());
        Assert.Equal(["a", "b"], set.ClassNames);
        Assert.Equal([2], set.Train.SampleShape);
    }

    [Fact]
    public void Whole_numbers_are_classes_in_numeric_order_and_other_numbers_are_targets()
    {
        Assert.Equal(["1", "2", "10"], Load("0,10\n0,2\n0,1").ClassNames);
        DataPart regression = Load("0,1\n0,2.5\n0,-3e2").Train;
        Assert.Equal(0, regression.Classes);
        Assert.Equal(1, regression.TargetWidth);
        Assert.Equal([1, 2.5f, -300], regression.Targets.ToArray());
        Assert.Equal([10, 2], Load("0,10\n0,2", new CsvOptions { Target = CsvTarget.Numbers }).Train.Targets.ToArray());
        Assert.Equal(2, Load("0,1.5\n0,2.5", new CsvOptions { Target = CsvTarget.Classes }).Train.Classes);
    }

    [Fact]
    public void The_label_column_can_be_chosen_or_left_out()
    {
        DataSet byName = Load("kind,x,y\na,1,2\nb,3,4", new CsvOptions { LabelColumn = "kind" });
        Assert.Equal([1, 2, 3, 4], byName.Train.ToArray());
        Assert.Equal(["a", "b"], byName.ClassNames);
        Assert.Equal([1, 0], Load("b,1,2\na,3,4", new CsvOptions { LabelColumn = "1" }).Train.Labels.ToArray());
        DataPart inputs = Load("1,2\n3,4", new CsvOptions { Target = CsvTarget.None }).Train;
        Assert.True(inputs.IsUnlabelled);
        Assert.Equal([2], inputs.SampleShape);
        Refusal.Says("no label column 'z'; a name from the header or a number from 1 to 3 is expected", () => Load("kind,x,y\na,1,2", new CsvOptions { LabelColumn = "z" }));
    }

    [Fact]
    public void Given_classes_keep_their_order_and_refuse_others()
    {
        var options = new CsvOptions { ClassNames = ["b", "a", "c"] };
        DataSet set = Load("1,a\n2,b", options);
        Assert.Equal([1, 0], set.Train.Labels.ToArray());
        Assert.Equal(3, set.Train.Classes);
        Refusal.Says("line 2: the label 'x' is none of the classes b, a, c", () => Load("1,a\n2,x", options));
        Refusal.Says("the class 'a' is given twice", () => Load("1,a", new CsvOptions { ClassNames = ["a", "a"] }));
    }

    [Theory]
    [InlineData("", "is empty; a CSV file with at least one row is expected")]
    [InlineData("\n \n", "is empty; a CSV file with at least one row is expected")]
    [InlineData("x,y,class\n", "has a header but no rows; at least one is expected")]
    [InlineData("1\n2\n", "line 1: one column only; inputs and a label are expected, separated by commas or semicolons")]
    [InlineData("1,2,a\n3,b\n", "line 2: 2 cells, but line 1 has 3; every row needs as many")]
    [InlineData("1,2,a\n3,4,5,b\n", "line 2: 4 cells, but line 1 has 3")]
    [InlineData("1,2,a\n\n3,4,b\n", "line 2: the line is empty; a row of 3 cells is expected")]
    [InlineData("1,2,a\n3,,b\n", "line 2, column 2: the cell is empty; a number is expected")]
    [InlineData("1,2,a\n3,4,\n", "line 2, column 3: the cell is empty; a label is expected")]
    [InlineData("1,2,a\n3,NaN,b\n", "line 2, column 2: 'NaN' is not a finite number")]
    [InlineData("1,2,a\n3,1e99,b\n", "line 2, column 2: '1e99' is not a finite number")]
    [InlineData("1,2,a\n3,four,b\n", "line 2, column 2: 'four' is not a number; inputs have to be numbers with a decimal point")]
    [InlineData("1;2,5;a\n", "line 1, column 2: '2,5' is not a number")]
    [InlineData("x,y,c\n\"1\n\",2,a\n3,x,b\n", "line 4, column 2: 'x' is not a number")]
    [InlineData("1,2,a\n3,\"4,b\n", "line 2: a quoted cell starts here and never ends")]
    [InlineData("1,2,a\n3,\"4\"4,b\n", "line 2: text follows the closing quote of cell 2")]
    [InlineData("1,2\n1,3\n1,x\n", "line 3: the label 'x' is no number, but most are; all labels have to be of one kind")]
    [InlineData("1,a\n1,b\n1,7\n", "line 3: the label '7' is a number, but most are texts")]
    [InlineData("1,2.5\n1,NaN\n", "line 2: the label 'NaN' is not a finite number")]
    public void A_wrong_table_is_one_line_with_its_line_number(string text, string expected)
    {
        string path = _folder.Text("t.csv", text);
        Refusal.Says($"'{path}'", () => DataSets.Load(path));
        Refusal.Says(expected, () => DataSets.Load(path));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused() =>
        Refusal.Says("is not UTF-8 text", () => DataSets.Load(_folder.Write("t.csv", 0x31, 0xff, 0x2c, 0x31)));

    [Fact]
    public void A_folder_may_hold_a_training_and_a_test_table_that_share_their_classes()
    {
        _folder.Text("train.csv", "1,b\n2,c");
        _folder.Text("test.csv", "3,a");
        DataSet set = DataSets.Load(_folder.Path);
        Assert.Equal([1, 2], set.Train.Labels.ToArray());
        Assert.Equal([0], set.Test.Labels.ToArray());
        Assert.Equal(3, set.Test.Classes);
        _folder.Text("more.csv", "1,a");
        Refusal.Says("3 CSV files (more.csv, test.csv, train.csv)", () => DataSets.Load(_folder.Path));
    }

    [Fact]
    public void A_pair_named_tra_and_tes_is_read_and_damaged_digits_are_refused()
    {
        _folder.Text("pen.tra", "1,100,a\n2,3,b");
        _folder.Text("pen.tes", "1,2,b");
        DataSet set = DataSets.Load(_folder.Path);
        Assert.Equal("pen", set.Name);
        Assert.Equal(100, set.Train.ToArray()[1]);
        Assert.Equal([1], set.Test.Labels.ToArray());
        using var digits = new TemporaryFolder();
        digits.Text("optdigits.tra", string.Join(',', Enumerable.Repeat("17", 64)) + ",0");
        Refusal.Says("line 1, column 1: 17 is no count of optdigits; a whole number from 0 to 16 is expected", () => DataSets.Load(digits.Path));
        digits.Text("optdigits.tra", "1,2,0");
        Refusal.Says("2 input columns; optdigits has 64 and a label", () => DataSets.Load(digits.Path));
    }

    private DataSet Load(string text, CsvOptions? options = null) => DataSets.Load(_folder.Text("t.csv", text), options);
}
