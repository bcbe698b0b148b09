namespace PcKernels.Data.Tests;

public sealed class DataPartTests
{
    [Fact]
    public void Counts_values_and_labels_are_checked()
    {
        Refusal.Says("'p': 5 input numbers for 2 samples of shape [3], which take 6", () => DataPart.FromLabels("p", new float[5], [3], [0, 1], 2));
        Refusal.Says("'p': the label of sample 1 is 2; a class from 0 to 1 is expected", () => DataPart.FromLabels("p", new float[6], [3], [0, 2], 2));
        Refusal.Says("'p': input 2 of sample 1 is NaN; a finite number is expected", () => DataPart.FromLabels("p", [0, 0, 0, 0, 0, float.NaN], [3], [0, 1], 2));
        Refusal.Says("'p': target 1 of sample 0 is", () => DataPart.FromTargets("p", [1], [1], [0, float.PositiveInfinity], 2));
        Refusal.Says("'p': 3 target numbers are no multiple of 2 per sample", () => DataPart.FromTargets("p", [1], [1], [0, 1, 2], 2));
        Refusal.Says("the data set 'p' is empty; at least one sample is expected", () => DataPart.FromInputs("p", [], [4]));
        Refusal.Says("'p': 5 input numbers for 2 samples", () => DataPart.FromInputs("p", new float[5], [2]));
    }

    [Fact]
    public void Parts_of_a_set_have_to_fit_each_other()
    {
        DataPart a = DataPart.FromLabels("a", new float[6], [3], [0, 1], 2), b = DataPart.FromLabels("b", new float[4], [2], [0, 1], 2), c = DataPart.FromTargets("c", new float[6], [3], [1, 2], 1);
        Refusal.Says("'b' has samples of shape [2], but the training part has [3]", () => _ = new DataSet("s", a, b));
        Refusal.Says("'c' has 0 classes and 1 target numbers, but the training part has 2 and 0", () => _ = new DataSet("s", a, c));
    }
}
