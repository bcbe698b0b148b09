using PcKernels.Execution;

namespace PcKernels.Tests.Execution;

public sealed class PlacementTests
{
    private static readonly bool s_canMove = OperatingSystem.IsLinux() && Environment.ProcessorCount > 1;

    [Theory]
    [InlineData(0b1011, new[] { 0 }, 1)]
    [InlineData(0b1011, new[] { 1, 0 }, 3)]
    [InlineData(0b1011, new[] { 2 }, 0)]
    [InlineData(0b1011, new[] { 0, 1, 3 }, Processors.None)]
    [InlineData(0, new int[0], Processors.None)]
    public void The_first_processor_that_is_allowed_and_free_is_found(int allowed, int[] taken, int free)
    {
        Assert.Equal(free, Processors.FirstFree([(ulong)allowed, 0], taken));
        Assert.Equal(free == Processors.None ? free : free + 64, Processors.FirstFree([0, (ulong)allowed], [.. taken.Select(static t => t + 64)]));
    }

    [Fact]
    public void A_thread_moves_and_may_still_run_anywhere() => OnAThread(static () =>
    {
        int first = Processors.Current(), second = Processors.MoveAwayFrom([first]);
        if (!s_canMove)
        {
            Assert.Equal(Processors.None, second);
            return;
        }
        Assert.NotEqual(first, second);
        // Not pinned: it can go back.
        Assert.Equal(first, Processors.MoveAwayFrom([.. Enumerable.Range(0, 1024).Where(p => p != first)]));
        Assert.Equal(Processors.None, Processors.MoveAwayFrom([.. Enumerable.Range(0, 1024)]));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_worker_that_shares_its_core_and_keeps_yielding_moves(bool yields)
    {
        // One thread stands for both workers. The system may move it too, but not in every one of these tries.
        int moved = 0;
        for (int attempt = 0; attempt < 20; attempt++)
        {
            OnAThread(() =>
            {
                var placement = new Placement(2);
                int before = Processors.Current();
                for (int i = 0; i < 16; i++) placement.Look(1);
                for (int i = 0; i < 32; i++) placement.Note(0, yields);
                if (Processors.Current() != before) moved++;
            });
        }
        Assert.Equal(yields && s_canMove, moved >= 10);
    }

    private static void OnAThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) throw new InvalidOperationException("on the thread", failure);
    }
}
