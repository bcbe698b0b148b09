using PcKernels.Checkpoints;
using PcKernels.Graphs;

namespace PcKernels.Data.Tests.Formats;

public sealed class SafetensorsDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Labels_targets_and_pixels_are_read()
    {
        DataSet classes = Load(("train.inputs", Tensor.From<byte>([0, 51, 255, 102], 2, 1, 2)), ("train.labels", Tensor.From<long>([4, 0], 2)),
            ("test.inputs", Tensor.From<byte>([255, 0], 1, 1, 2)), ("test.labels", Tensor.From<byte>([6], 1)));
        Assert.Equal([0, 0.2f, 1, 0.4f], classes.Train.ToArray());
        Assert.Equal([1, 2], classes.Train.SampleShape);
        Assert.Equal((7, 7), (classes.Train.Classes, classes.Test.Classes));
        Assert.Equal([6], classes.Test.Labels.ToArray());
        DataSet numbers = Load(("train.inputs", Tensor.From<double>([1.5, 2, 3, 4], 2, 2)), ("train.targets", Tensor.From<float>([1, 2, 3, 4, 5, 6], 2, 3)));
        Assert.Equal([1.5f, 2, 3, 4], numbers.Train.ToArray());
        Assert.Equal(3, numbers.Train.TargetWidth);
        Assert.True(Load(("train.inputs", Tensor.From<float>([1, 2], 2, 1))).Train.IsUnlabelled);
    }

    [Fact]
    public void Wrong_tensors_are_one_line_that_names_file_and_tensor()
    {
        Tensor inputs = Tensor.From<float>([1, 2], 2, 1);
        Says("has no tensor 'train.inputs'", ("x", inputs));
        Says("'train.inputs' has 2 samples, but 'train.labels' has 3", ("train.inputs", inputs), ("train.labels", Tensor.From<int>([0, 1, 1], 3)));
        Says("'train.inputs' has 2 samples, but 'train.targets' has 1", ("train.inputs", inputs), ("train.targets", Tensor.From<float>([0], 1)));
        Says("'train.labels' has -1 at 1; a class from 0 to 1000000 is expected", ("train.inputs", inputs), ("train.labels", Tensor.From<int>([0, -1], 2)));
        Says("'train.labels' is F32 of shape [2]; I64, I32 or U8 of [samples] is expected", ("train.inputs", inputs), ("train.labels", Tensor.From<float>([0, 1], 2)));
        Says("'train.targets' is I32 of shape [2]; F32 or F64", ("train.inputs", inputs), ("train.targets", Tensor.From<int>([0, 1], 2)));
        Says("both 'train.labels' and 'train.targets'", ("train.inputs", inputs), ("train.labels", Tensor.From<int>([0, 1], 2)), ("train.targets", Tensor.From<float>([0, 1], 2)));
        Says("'train.inputs' has shape [2]; [samples, …] with at least one sample and one element is expected", ("train.inputs", Tensor.From<float>([1, 2], 2)));
        Says("'train.inputs' has shape [0, 3]", ("train.inputs", new Tensor(DType.F32, [0, 3])));
        Says("'train.inputs' has NaN in sample 1, element 0; a finite number is expected", ("train.inputs", Tensor.From<float>([1, float.NaN], 2, 1)));
    }

    private void Says(string expected, params (string, Tensor)[] tensors) => Refusal.Says(expected, () => Load(tensors));

    private DataSet Load(params (string Name, Tensor Value)[] tensors)
    {
        Safetensors.Save(_folder.File("d.safetensors"), tensors.Select(t => KeyValuePair.Create(t.Name, t.Value)));
        return DataSets.Load(_folder.Path);
    }
}
