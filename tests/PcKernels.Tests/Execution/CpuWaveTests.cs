using System.Collections.Concurrent;
using PcKernels.Execution;
using PcKernels.Execution.Cpu;

namespace PcKernels.Tests.Execution;

public sealed class CpuWaveTests
{
    private const int Rounds = 20, Workers = 3;

    // Large enough that its share is worth taking from; worker 0 is held up in its first tile of every round.
    private sealed class Counted(double cost) : CpuTask<double>
    {
        public ConcurrentBag<(int Round, int Worker, Tile Tile)> Done { get; } = [];

        public ManualResetEventSlim[] FirstHasBegun { get; } = Events();

        public ManualResetEventSlim[] OthersAreDone { get; } = Events();

        public override int Rows => 64;

        public override int Columns => 999;

        public override bool SplitsColumns => true;

        public override double Cost => cost;

        public override unsafe void Run(in Tile tile, in StepContext context, double* scratch)
        {
            (int round, int worker) = ((int)context.Row, (int)scratch);
            Done.Add((round, worker, tile));
            // Each begins with a tile of its own, so that nobody takes worker 0's first one before it comes.
            if (worker > 0)
            {
                FirstHasBegun[round].Wait(TimeSpan.FromSeconds(20));
                return;
            }
            FirstHasBegun[round].Set();
            if (tile.Column == 0) OthersAreDone[round].Wait(TimeSpan.FromSeconds(20));
        }

        public void Restart()
        {
            Done.Clear();
            foreach (ManualResetEventSlim happened in FirstHasBegun.Concat(OthersAreDone)) happened.Reset();
        }

        private static ManualResetEventSlim[] Events() => [.. Enumerable.Range(0, Rounds).Select(static _ => new ManualResetEventSlim())];
    }

    private sealed class Work(CpuWave<double> wave, WorkerPool pool, Counted task) : IParallelWork
    {
        private int _left;

        public unsafe void Execute(int worker)
        {
            for (int round = 0; round < Rounds; round++)
            {
                wave.Run(worker, round, new StepContext(round, 0, default), (double*)worker);
                if (worker > 0 && Interlocked.Increment(ref _left) % (Workers - 1) == 0) task.OthersAreDone[round].Set();
                pool.Barrier(worker);
            }
        }
    }

    [Fact]
    public void Every_tile_is_done_once_a_round_and_those_of_a_late_worker_by_others()
    {
        Counted task = Run(cost: 1e10);
        for (int round = 0; round < Rounds; round++)
        {
            (int Round, int Worker, Tile Tile)[] done = [.. task.Done.Where(d => d.Round == round).OrderBy(static d => d.Tile.Column)];
            Assert.Equal(0, done[0].Tile.Column);
            Assert.Equal(task.Columns, done[^1].Tile.ColumnEnd);
            Assert.All(done.Zip(done.Skip(1)), static pair => Assert.Equal(pair.First.Tile.ColumnEnd, pair.Second.Tile.Column));
            Assert.Equal([0], done.Where(static d => d.Worker == 0).Select(static d => d.Tile.Column));
            Assert.True(done.Length > 2 * Workers);
        }
    }

    [Fact]
    public void Tiles_of_a_small_wave_stay_with_their_workers()
    {
        Counted task = Run(cost: 1e6);
        Assert.All(task.Done.GroupBy(static d => d.Tile), static tile => Assert.Single(tile.Select(static d => d.Worker).Distinct()));
        Assert.Equal(Workers * Rounds, task.Done.Count);
    }

    private static Counted Run(double cost)
    {
        var task = new Counted(cost);
        var wave = new CpuWave<double>([task], Workers);
        using var pool = new WorkerPool(Workers);
        for (int run = 0; run < 2; run++)
        {
            task.Restart();
            wave.Restart();
            pool.Run(new Work(wave, pool, task));
        }
        return task;
    }
}
