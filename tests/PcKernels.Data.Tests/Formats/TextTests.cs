using PcKernels.Data.Batches;

namespace PcKernels.Data.Tests.Formats;

public sealed class TextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Windows_follow_each_other_and_a_target_is_the_next_character()
    {
        string text = string.Concat(Enumerable.Range(0, 64).Select(static i => (char)('a' + i * 7 % 11)));
        DataSet set = DataSets.LoadText(_folder.Text("t.txt", text), 3);
        Assert.Equal((19, 1, 1), (set.Train.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal((3, 11, true), (set.Train.Positions, set.Train.Classes, set.Train.IsTokens));
        Assert.Equal(11, set.ClassNames.Count);
        float[] inputs = [.. set.Train.ToArray(), .. set.Validation.ToArray(), .. set.Test.ToArray()];
        int[] labels = [.. set.Train.Labels.ToArray(), .. set.Validation.Labels.ToArray(), .. set.Test.Labels.ToArray()];
        Assert.Equal(text[..63].Select(static c => (float)(c - 'a')), inputs);
        Assert.Equal(text[1..64].Select(static c => c - 'a'), labels);
    }

    [Fact]
    public void Parts_may_have_files_of_their_own_and_share_a_vocabulary()
    {
        _folder.Text("train.txt", "abab");
        _folder.Text("valid.txt", "ac ");
        _folder.Text("test.txt", "ba\nb");
        DataSet set = DataSets.LoadText(_folder.Path, 2);
        Assert.Equal(["\\u000a", "\\u0020", "a", "b", "c"], set.ClassNames);
        Assert.Equal((1, 1, 1), (set.Train.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal([2, 0], set.Test.Labels.ToArray());
    }

    [Fact]
    public void Batches_are_one_hot_at_every_position()
    {
        DataPart part = DataPart.FromTokens("t", [0, 1, 2, 1], [1, 2, 1, 0], 2, 3);
        using var loader = new BatchLoader(part, 2, 6, new BatchLoaderOptions { Shuffle = false });
        Batch batch = loader.Epoch(0).First();
        Assert.Equal([0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0], batch.Targets.ToArray());
        Assert.Equal([1, 2, 1, 0], batch.Labels.ToArray());
        Assert.Equal([0, 1, 2, 1], batch.Inputs.ToArray());
        DataPart second = part.Select("s", [1]);
        Assert.Equal([1, 0], second.Labels.ToArray());
        Assert.True(second.IsTokens);
    }

    [Fact]
    public void Hidden_characters_have_a_token_of_their_own_and_all_are_targets()
    {
        string text = string.Concat(Enumerable.Range(0, 4001).Select(static i => (char)('a' + i * 7 % 11))), file = _folder.Text("t.txt", text);
        DataPart train = DataSets.LoadText(file, 10, 0.25).Train;
        float[] inputs = train.ToArray();
        int[] labels = train.Labels.ToArray();
        Assert.Equal(11, train.MaskToken);
        Assert.Equal(text[..labels.Length].Select(static c => c - 'a'), labels);
        Assert.All(inputs.Zip(labels), static p => Assert.True(p.First == 11 || p.First == p.Second));
        Assert.InRange(inputs.Count(static i => i == 11) / (double)inputs.Length, 0.2, 0.3);
        Assert.Equal(inputs, DataSets.LoadText(file, 10, 0.25).Train.ToArray());
        Assert.Equal(11, train.Select("some", [0, 1]).MaskToken);
        Refusal.Says("0 to below 1", () => DataSets.LoadText(file, 10, 1));
    }

    [Fact]
    public void Bad_texts_are_refused_in_one_line()
    {
        Refusal.Says("is no valid UTF-8", () => DataSets.LoadText(_folder.Write("a.txt", 65, 0xff, 66), 1));
        Refusal.Says("is empty", () => DataSets.LoadText(_folder.Text("b.txt", ""), 1));
        Refusal.Says("20 windows are the least", () => DataSets.LoadText(_folder.Text("c.txt", "some words"), 1));
        Refusal.Says("5 are the least", () => DataSets.LoadText(_folder.Text("d.txt", "abcd"), 4));
        Refusal.Says("holds no text", () => DataSets.LoadText(_folder.Path, 4));
        Refusal.Says("does not exist", () => DataSets.LoadText(_folder.File("none.txt"), 4));
        Refusal.Says("1 or more", () => DataSets.LoadText(_folder.File("c.txt"), 0));
        Refusal.Says("position 1 of sample 0 holds 3", () => DataPart.FromTokens("t", [0, 3], [1, 2], 2, 3));
    }
}
