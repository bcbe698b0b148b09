using PcKernels.Data.Batches;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Data.Tests.Batches;

public class BatchLoaderTests
{
    // Sample i holds i in both elements and has the label i mod 4.
    private static DataPart Part(int count) =>
        DataPart.FromLabels("p", [.. Enumerable.Range(0, 2 * count).Select(i => (float)(i / 2))], [2], [.. Enumerable.Range(0, count).Select(i => i % 4)], 4);

    [Theory]
    [InlineData(10, 3, false, 4)]
    [InlineData(10, 3, true, 3)]
    [InlineData(10, 5, true, 2)]
    [InlineData(10, 99, false, 1)]
    [InlineData(1, 1, false, 1)]
    public void The_last_batch_is_kept_or_dropped(int count, int size, bool dropLast, int batches)
    {
        using var loader = new BatchLoader(Part(count), size, 4, new BatchLoaderOptions { DropLast = dropLast, Shuffle = false });
        Assert.Equal(batches, loader.BatchesPerEpoch);
        var seen = new List<float>();
        int index = 0;
        foreach (Batch batch in loader.Epoch(0))
        {
            Assert.Equal(index++, batch.Index);
            Assert.Equal((batch.Count * 2, batch.Count * 4, batch.Count), (batch.Inputs.Length, batch.Targets.Length, batch.Labels.Length));
            seen.AddRange(batch.Inputs.ToArray());
        }
        Assert.Equal(batches, index);
        Assert.Equal(Part(count).ToArray()[..seen.Count], seen);
        Assert.Equal(dropLast ? batches * size : count, seen.Count / 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Loading_ahead_never_touches_the_batch_in_use(int buffers)
    {
        const int count = 997;
        using var loader = new BatchLoader(Part(count), 8, 6, new BatchLoaderOptions { Seed = 5, Buffers = buffers });
        var order = new int[count];
        for (int epoch = 0; epoch < 3; epoch++)
        {
            EpochOrder.Fill(order, 5, epoch);
            int at = 0;
            foreach (Batch batch in loader.Epoch(epoch))
            {
                // Now and then long enough for the background to fill every free buffer.
                if (batch.Index % 16 == 0) Thread.Sleep(1);
                for (int i = 0; i < batch.Count; i++, at++)
                {
                    Assert.Equal([order[at], order[at]], batch.Inputs.Span.Slice(2 * i, 2).ToArray());
                    Assert.Equal(order[at] % 4, batch.Labels.Span[i]);
                    for (int unit = 0; unit < 6; unit++) Assert.Equal(unit == order[at] % 4 ? 1 : 0, batch.Targets.Span[6 * i + unit]);
                }
            }
            Assert.Equal(count, at);
        }
    }

    [Fact]
    public void Regression_has_numbers_and_no_labels()
    {
        using var loader = new BatchLoader(DataPart.FromTargets("r", [1, 2], [1], [10, 11, 20, 21], 2), 2, 2, new BatchLoaderOptions { Shuffle = false });
        Batch batch = loader.Epoch(0).First();
        Assert.Equal([10, 11, 20, 21], batch.Targets.ToArray());
        Assert.True(batch.Labels.IsEmpty);
    }

    [Fact]
    public void Inputs_are_normalised_on_the_way()
    {
        var options = new BatchLoaderOptions { Shuffle = false, Normalisation = new Normalisation([1], [2]) };
        using var loader = new BatchLoader(Part(3), 2, 0, options);
        Assert.Equal([[-0.5f, -0.5f, 0, 0], [0.5f, 0.5f]], loader.Epoch(0).Select(b => b.Inputs.ToArray()));
    }

    [Fact]
    public void Settings_that_cannot_work_are_refused()
    {
        Refusal.Says("'p': the label of sample 3 is 3, but the model's output has only 3 units; 4 are needed", () => Make(Part(5), 2, 3));
        Refusal.Says("'r' has 1 target numbers per sample, but the model's output has 2", () => Make(DataPart.FromTargets("r", [1], [1], [1], 1), 1, 2));
        Refusal.Says("'u' has inputs only", () => Make(DataPart.FromInputs("u", [1], [1]), 1, 2));
        Refusal.Says("a batch size of 0 is not possible", () => Make(Part(5), 0, 4));
        Refusal.Says("'p' has 5 samples, fewer than a batch of 6", () => Make(Part(5), 6, 4, new BatchLoaderOptions { DropLast = true }));
        Refusal.Says("figures for 3 elements meets samples of 2", () => Make(Part(5), 1, 4, new BatchLoaderOptions { Normalisation = new Normalisation([1, 2, 3], [1, 1, 1]) }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Cancelling_ends_the_epoch_and_the_loader_can_go_on(int buffers)
    {
        using var loader = new BatchLoader(Part(100), 1, 4, new BatchLoaderOptions { Buffers = buffers });
        using var cancellation = new CancellationTokenSource();
        int seen = 0;
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (Batch _ in loader.Epoch(0, cancellation.Token))
                if (++seen == 10) cancellation.Cancel();
        });
        Assert.Equal(10, seen);
        Assert.Equal(100, loader.Epoch(1).Count());
        Assert.Throws<OperationCanceledException>(() => loader.Epoch(2, cancellation.Token).Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_epoch_left_early_does_not_disturb_the_next_one(int buffers)
    {
        using var loader = new BatchLoader(Part(50), 4, 4, new BatchLoaderOptions { Buffers = buffers });
        for (int i = 0; i < 20; i++) Assert.Equal(0, loader.Epoch(i).First().Index);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (float)i), loader.Epoch(20).SelectMany(b => b.Inputs.ToArray()).Distinct().Order());
    }

    [Fact]
    public void Leaving_an_epoch_and_disposing_wait_for_the_background_work()
    {
        // One batch takes milliseconds to gather, so that the next one is under way when the first is looked at.
        const int size = 1_000_000;
        DataPart part = new("large", new Samples(new byte[size], size, 0, 0, 255), [size], 20, new int[20], 1, null, 0);
        using var loader = new BatchLoader(part, 10, 1);
        Assert.Equal(10, loader.Epoch(0).First().Count);
        Assert.True(loader.IsIdle);
        using IEnumerator<Batch> epoch = loader.Epoch(1).GetEnumerator();
        Assert.True(epoch.MoveNext());
        Assert.False(loader.IsIdle);
        loader.Dispose();
        Assert.True(loader.IsIdle);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_error_while_gathering_reaches_the_caller(int buffers)
    {
        // A part that claims ten samples over the bytes of six: the gathering runs off the end.
        var broken = new DataPart("broken", new Samples(new byte[6], 1, 0, 1, 255), [1], 10, new int[10], 1, null, 0);
        using var loader = new BatchLoader(broken, 2, 1, new BatchLoaderOptions { Shuffle = false, Buffers = buffers });
        int seen = 0;
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            foreach (Batch batch in loader.Epoch(0))
            {
                Assert.Equal(2, batch.Inputs.Length);
                seen++;
            }
        });
        Assert.Equal(3, seen);
    }

    [Fact]
    public void One_buffer_is_filled_by_the_thread_that_asks_for_its_arrays()
    {
        using var loader = new BatchLoader(Part(100), 10, 4, new BatchLoaderOptions { Buffers = 1 });
        foreach (Batch batch in loader.Epoch(0))
        {
            Assert.True(loader.IsIdle);
            Assert.Equal((10, false), (batch.Count, batch.IsGathered));
            Assert.Equal(40, batch.Targets.Length);
            Assert.True(batch.IsGathered);
        }
        Assert.Equal(1, BatchLoaderOptions.BuffersFor(new CpuDevice()));
        Assert.Equal(3, BatchLoaderOptions.BuffersFor(new LeisurelyDevice()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Samples_one_by_one_are_those_of_the_arrays(int buffers)
    {
        DataPart[] parts = [Part(50), DataPart.FromTargets("r", [.. Enumerable.Range(0, 50).Select(static i => (float)i)], [1], [.. Enumerable.Range(0, 200).Select(static i => i / 3f)], 4)];
        foreach (DataPart part in parts)
        {
            using var loader = new BatchLoader(part, 8, 4, new BatchLoaderOptions { Buffers = buffers, Normalisation = new Normalisation([1], [2]) });
            float[] input = new float[part.SampleSize], target = new float[4];
            foreach (Batch batch in loader.Epoch(0))
            {
                Assert.Equal(buffers > 1, batch.IsGathered);
                for (int i = 0; i < batch.Count; i++)
                {
                    batch.CopyInput(i, input);
                    batch.CopyTarget(i, target);
                    Assert.Equal(batch.Inputs.Span.Slice(i * part.SampleSize, part.SampleSize).ToArray(), input);
                    Assert.Equal(batch.Targets.Span.Slice(4 * i, 4).ToArray(), target);
                }
                Assert.Throws<ArgumentOutOfRangeException>(() => batch.CopyInput(batch.Count, input));
                Assert.Throws<ArgumentOutOfRangeException>(() => batch.CopyTarget(-1, target));
                Refusal.Says($"a sample of '{part.Name}' has {part.SampleSize} elements, not 3", () => batch.CopyInput(0, new float[3]));
                Refusal.Says($"a target of this batch of '{part.Name}' has 4 elements, not 5", () => batch.CopyTarget(0, new float[5]));
            }
        }
    }

    [Fact]
    public void A_batch_keeps_its_samples_when_its_epoch_is_left()
    {
        using var loader = new BatchLoader(Part(40), 4, 4, new BatchLoaderOptions { Buffers = 1, Seed = 3 });
        int[] order = new int[40];
        EpochOrder.Fill(order, 3, 2);
        Assert.Equal(order.Take(4).Select(static i => (float)i), loader.Epoch(2).First().Inputs.ToArray().Where(static (_, i) => i % 2 == 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Two_epochs_at_once_and_use_after_disposal_are_refused(int buffers)
    {
        var loader = new BatchLoader(Part(50), 4, 4, new BatchLoaderOptions { Buffers = buffers });
        using IEnumerator<Batch> epoch = loader.Epoch(0).GetEnumerator();
        Assert.True(epoch.MoveNext());
        Assert.Throws<InvalidOperationException>(() => loader.Epoch(1).First());
        Assert.True(epoch.MoveNext());
        loader.Dispose();
        loader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => epoch.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => loader.Epoch(2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_batch_allocates_nothing(int buffers)
    {
        using var loader = new BatchLoader(Part(40_000), 4, 4, new BatchLoaderOptions { Buffers = buffers });
        Assert.Equal(10_000, loader.Epoch(0).Count());
        long allocated = 0;
        // Where threads first meet at a lock it makes its event, once.
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            foreach (Batch batch in loader.Epoch(epoch))
            {
                if (batch.Index == 1000) allocated = -GC.GetAllocatedBytesForCurrentThread();
                if (batch.Index == 9999) allocated += GC.GetAllocatedBytesForCurrentThread();
            }
            if (allocated == 0) break;
        }
        Assert.Equal(0, allocated);
    }

    private sealed class LeisurelyDevice : Device
    {
        public override string Name => "leisurely";

        public override string Description => "a device that hands its samples to nobody";

        public override DeviceSession Open(ParameterLayout layout, DType dtype) => throw new NotSupportedException();
    }

    private static void Make(DataPart part, int size, int outputs, BatchLoaderOptions? options = null) => new BatchLoader(part, size, outputs, options).Dispose();
}
