using PcKernels.Execution;

namespace PcKernels.Tests.Execution;

public sealed class WorkerPoolTests
{
    private sealed class Work(Action<int> execute) : IParallelWork
    {
        public void Execute(int worker) => execute(worker);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(7)]
    public void Every_worker_runs_once_per_run(int threads)
    {
        using var pool = new WorkerPool(threads);
        int[] runs = new int[threads];
        var work = new Work(worker => runs[worker]++);
        for (int run = 0; run < 2000; run++) pool.Run(work);
        Assert.All(runs, count => Assert.Equal(2000, count));
    }

    [Theory, InlineData(2), InlineData(4), InlineData(9)]
    public void A_barrier_orders_the_phases(int threads)
    {
        using var pool = new WorkerPool(threads);
        int[] phase = new int[threads * 64];
        int mistakes = 0;
        pool.Run(new Work(worker =>
        {
            for (int step = 1; step <= 500; step++)
            {
                phase[worker * 64] = step;
                pool.Barrier(worker);
                for (int other = 0; other < threads; other++)
                    if (phase[other * 64] != step) Interlocked.Increment(ref mistakes);
                pool.Barrier(worker);
            }
        }));
        Assert.Equal(0, mistakes);
    }

    [Fact]
    public void A_hundred_thousand_barriers_pass()
    {
        using var pool = new WorkerPool(2);
        int[] counts = new int[2];
        pool.Run(new Work(worker =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                counts[worker]++;
                pool.Barrier(worker);
            }
        }));
        Assert.Equal([100_000, 100_000], counts);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void An_exception_releases_the_others_and_is_rethrown(int failing)
    {
        using var pool = new WorkerPool(3);
        for (int round = 0; round < 50; round++)
        {
            var thrown = Assert.Throws<FormatException>(() => pool.Run(new Work(worker =>
            {
                pool.Barrier(worker);
                if (worker == failing) throw new FormatException("as it was");
                pool.Barrier(worker);
            })));
            Assert.Equal("as it was", thrown.Message);
            int done = 0;
            pool.Run(new Work(worker =>
            {
                pool.Barrier(worker);
                Interlocked.Increment(ref done);
            }));
            Assert.Equal(3, done);
        }
    }

    [Fact]
    public void A_barrier_that_one_worker_never_reaches_is_an_error_and_not_a_hang()
    {
        using var pool = new WorkerPool(3);
        var thrown = Assert.Throws<InvalidOperationException>(() => pool.Run(new Work(worker =>
        {
            if (worker != 1) pool.Barrier(worker);
        })));
        Assert.Contains("never reached", thrown.Message);
    }

    [Fact]
    public void Sleeping_workers_wake()
    {
        using var pool = new WorkerPool(2);
        int runs = 0;
        var work = new Work(_ => Interlocked.Increment(ref runs));
        for (int run = 0; run < 20; run++)
        {
            Thread.Sleep(5);
            pool.Run(work);
        }
        Assert.Equal(40, runs);
    }

    [Fact]
    public void Runs_and_barriers_allocate_nothing()
    {
        using var pool = new WorkerPool(2);
        var work = new Work(worker =>
        {
            for (int i = 0; i < 10; i++) pool.Barrier(worker);
        });
        for (int run = 0; run < 100; run++) pool.Run(work);
        long allocated = 0;
        // Where threads first meet at a lock it makes its event, once.
        for (int attempt = 0; attempt < 3; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int run = 0; run < 1000; run++) pool.Run(work);
            if ((allocated = GC.GetAllocatedBytesForCurrentThread() - before) == 0) break;
        }
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Misuse_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(0));
        var pool = new WorkerPool(2);
        Assert.Throws<InvalidOperationException>(() => pool.Run(new Work(worker =>
        {
            if (worker == 0) pool.Run(new Work(_ => { }));
        })));
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(new Work(_ => { })));
    }
}
