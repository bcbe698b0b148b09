namespace PcKernels.Data.Tests.Formats;

public sealed class CifarTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Batches_are_joined_in_their_order_plain_or_packed()
    {
        _folder.Write("data_batch_2.bin", Record(2, 51));
        _folder.Write("data_batch_10.bin.gz", TemporaryFolder.Gzip(Record(9, 255)));
        _folder.Write("data_batch_1.bin", [.. Record(1, 0), .. Record(0, 102)]);
        _folder.Write("test_batch.bin", Record(5, 255));
        _folder.Text("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
        DataSet set = DataSets.Load(_folder.Path);
        Assert.Equal([3, 32, 32], set.Train.SampleShape);
        Assert.Equal([1, 0, 2, 9], set.Train.Labels.ToArray());
        Assert.Equal(10, set.Train.Classes);
        var image = new float[3072];
        foreach ((int index, float value) in ((int, float)[])[(0, 0), (1, 0.4f), (2, 0.2f), (3, 1)])
        {
            set.Train.CopyInput(index, image);
            Assert.All(image, v => Assert.Equal(value, v));
        }
        Assert.Equal([5], set.Test.Labels.ToArray());
        Assert.Equal("abcdefghij", string.Concat(set.ClassNames));
    }

    [Fact]
    public void Wrong_files_are_one_line_that_names_file_and_record()
    {
        string path = _folder.Write("data_batch_1.bin", [.. Record(1, 0), .. Record(11, 0)]);
        Refusal.Says($"'{path}': record 1 (offset 3073) has the label 11; 0 to 9 is expected", () => DataSets.Load(_folder.Path));
        _folder.Write("data_batch_1.bin", Record(1, 0)[..3072]);
        Refusal.Says($"'{path}': 3072 bytes are no multiple of 3073; record 0 is truncated or 3072 bytes follow the last", () => DataSets.Load(_folder.Path));
        _folder.Write("data_batch_1.bin");
        Refusal.Says($"'{path}' is empty; records of 3073 bytes are expected", () => DataSets.Load(_folder.Path));
        File.Delete(path);
        _folder.Write("test_batch.bin", Record(1, 0));
        Refusal.Says("no training batches beside test_batch.bin", () => DataSets.Load(_folder.Path));
    }

    private static byte[] Record(byte label, byte value) => [label, .. Enumerable.Repeat(value, 3072)];
}
