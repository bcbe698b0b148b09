namespace PcKernels.Data.Tests.Formats;

public sealed class IdxTests : IDisposable
{
    private static readonly byte[] Images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 51, 255, 102];
    private static readonly byte[] Labels = [0, 0, 8, 1, 0, 0, 0, 2, 3, 1];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, "train-images-idx3-ubyte", "train-labels-idx1-ubyte")]
    [InlineData(true, "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")]
    [InlineData(true, "train-images-idx3-ubyte", "train-labels-idx1-ubyte")]
    [InlineData(false, "train-images.idx3-ubyte", "train-labels.idx1-ubyte")]
    [InlineData(false, "letters-images-idx3-ubyte", "letters-labels-idx1-ubyte")]
    public void A_pair_is_read_plain_or_packed(bool packed, string images, string labels)
    {
        _folder.Write(images, packed ? TemporaryFolder.Gzip(Images) : Images);
        _folder.Write(labels, packed ? TemporaryFolder.Gzip(Labels) : Labels);
        DataSet set = DataSets.Load(_folder.Path);
        Assert.Equal([1, 2], set.Train.SampleShape);
        Assert.Equal([0, 0.2f, 1, 0.4f], set.Train.ToArray());
        Assert.Equal([3, 1], set.Train.Labels.ToArray());
        Assert.Equal(4, set.Train.Classes);
        Assert.False(set.HasTest);
        Assert.Equal("8e2861aad757d578cf44d0741a54b1a1", set.Checksums[0].Md5);
    }

    [Fact]
    public void The_classes_are_those_of_both_parts()
    {
        WritePair(Images, Labels);
        _folder.Write("t10k-images-idx3-ubyte", Images);
        _folder.Write("t10k-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 9, 0]);
        DataSet set = DataSets.Load(_folder.Path);
        Assert.Equal((10, 10), (set.Train.Classes, set.Test.Classes));
        Assert.Equal([9, 0], set.Test.Labels.ToArray());
    }

    [Fact]
    public void Both_files_cut_at_any_byte_are_refused_and_never_anything_else()
    {
        for (int length = 0; length < Images.Length; length++) AssertRefused(Images[..length], Labels);
        for (int length = 0; length < Labels.Length; length++) AssertRefused(Images, Labels[..length]);
        byte[] packed = TemporaryFolder.Gzip(Images);
        for (int length = 0; length < packed.Length; length++) AssertRefused(packed[..length], Labels);
    }

    [Fact]
    public void A_packed_file_with_any_bit_of_its_data_changed_or_bytes_after_it_is_refused()
    {
        byte[] packed = TemporaryFolder.Gzip(Images);
        for (int at = 10; at < packed.Length; at++)
        {
            byte[] changed = [.. packed];
            changed[at] ^= 0x10;
            AssertRefused(changed, Labels);
        }
        WritePair([.. packed, 1], Labels);
        Refusal.Says("the gzip file is truncated, damaged or followed by other bytes", () => DataSets.Load(_folder.Path));
    }

    [Theory]
    [InlineData(0, 1, "begins with 01 00 08 03, but an IDX file begins with 00 00 08 and its number of axes")]
    [InlineData(2, 0x0d, "byte 2 gives the element type 0x0d; only 0x08 (unsigned byte) is supported")]
    [InlineData(3, 0, "byte 3 gives 0 axes")]
    [InlineData(3, 9, "truncated at 20 bytes; the header of an IDX file with 9 axes has 40")]
    [InlineData(3, 1, "10 bytes too many: 2 are expected after the header of 8, 12 are there")]
    [InlineData(7, 3, "truncated: 6 bytes are expected after the header of 16, 4 are there")]
    [InlineData(7, 1, "2 bytes too many: 2 are expected after the header of 16, 4 are there")]
    [InlineData(7, 0, "axis 0 has the extent 0 (offset 4), so the file is empty")]
    [InlineData(4, 255, "truncated: 8556380164 bytes are expected")]
    public void Wrong_images_are_one_line_that_names_the_file(int at, byte value, string expected)
    {
        byte[] bytes = [.. Images];
        bytes[at] = value;
        WritePair(bytes, Labels);
        Refusal.Says($"'{_folder.File("train-images-idx3-ubyte")}': {expected}", () => DataSets.Load(_folder.Path));
    }

    [Fact]
    public void Axes_whose_product_overflows_are_refused()
    {
        byte[] bytes = [0, 0, 8, 4, .. Enumerable.Repeat((byte)255, 16)];
        WritePair(bytes, Labels);
        Refusal.Says("truncated: 9223372036854775807 bytes are expected", () => DataSets.Load(_folder.Path));
    }

    [Fact]
    public void Images_and_labels_have_to_fit_each_other()
    {
        WritePair(Images, [0, 0, 8, 1, 0, 0, 0, 1, 3]);
        Refusal.Says($"'{_folder.File("train-labels-idx1-ubyte")}': 1 labels, but '{_folder.File("train-images-idx3-ubyte")}' has 2 images", () => DataSets.Load(_folder.Path));
        WritePair(Images, Images);
        Refusal.Says("3 axes, but labels have 1", () => DataSets.Load(_folder.Path));
        WritePair(Labels, Labels);
        Refusal.Says("1 axis, but images have 2 or more", () => DataSets.Load(_folder.Path));
    }

    [Fact]
    public void What_is_missing_or_too_much_is_named()
    {
        _folder.Write("train-images-idx3-ubyte", Images);
        Refusal.Says("has no labels beside it; 'train-labels-idx1-ubyte' or 'train-labels-idx1-ubyte.gz' is expected", () => DataSets.Load(_folder.Path));
        _folder.Write("other-images-idx3-ubyte", Images);
        Refusal.Says("2 files look like training images (other-images-idx3-ubyte, train-images-idx3-ubyte)", () => DataSets.Load(_folder.Path));
        using var second = new TemporaryFolder();
        second.Write("t10k-images-idx3-ubyte", Images);
        Refusal.Says("no training images beside t10k-images-idx3-ubyte", () => DataSets.Load(second.Path));
    }

    private void AssertRefused(byte[] images, byte[] labels)
    {
        WritePair(images, labels);
        Assert.Throws<InputException>(() => DataSets.Load(_folder.Path));
    }

    private void WritePair(byte[] images, byte[] labels)
    {
        _folder.Write("train-images-idx3-ubyte", images);
        _folder.Write("train-labels-idx1-ubyte", labels);
    }
}
