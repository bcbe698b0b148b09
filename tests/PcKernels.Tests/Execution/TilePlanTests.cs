using FsCheck;
using FsCheck.Fluent;
using PcKernels.Execution.Cpu;

namespace PcKernels.Tests.Execution;

public sealed class TilePlanTests
{
    private sealed class Made(int rows, int columns, bool splitsRows, bool splitsColumns, double cost) : CpuTask<double>
    {
        public override int Rows => rows;

        public override int Columns => columns;

        public override bool SplitsRows => splitsRows;

        public override bool SplitsColumns => splitsColumns;

        public override double Cost => cost;

        public override unsafe void Run(in Tile tile, in StepContext context, double* scratch) { }
    }

    [Fact]
    public void Tiles_cover_each_task_exactly_once_and_begin_on_lines() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), static seed =>
        {
            var random = new Random(seed);
            Made[] tasks = Draw(random);
            int workers = random.Next(1, 6);
            (CpuTask<double> Task, Tile Tile)[][] shares = TilePlan.Share<double>(tasks, workers);
            if (random.Next(2) == 0) shares = [.. shares.Select(static s => TilePlan.CutTail(s))];
            Assert.Equal(workers, shares.Length);
            foreach (Made task in tasks)
            {
                var count = new int[task.Rows, task.Columns];
                foreach ((_, Tile tile) in shares.SelectMany(static s => s).Where(s => s.Task == task))
                {
                    Assert.Equal(0, tile.Column % 16);
                    Assert.True(tile.ColumnEnd % 16 == 0 || tile.ColumnEnd == task.Columns);
                    Assert.True(task.SplitsRows || (tile.Row == 0 && tile.RowEnd == task.Rows));
                    Assert.True(task.SplitsColumns || (tile.Column == 0 && tile.ColumnEnd == task.Columns));
                    for (int r = tile.Row; r < tile.RowEnd; r++)
                        for (int c = tile.Column; c < tile.ColumnEnd; c++) count[r, c]++;
                }
                Assert.All(count.Cast<int>(), static n => Assert.Equal(1, n));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void The_same_tasks_are_cut_the_same_way()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            Made[] tasks = Draw(new Random(seed));
            Assert.Equal(Print(TilePlan.Share<double>(tasks, 4), tasks), Print(TilePlan.Share<double>(tasks, 4), tasks));
        }
    }

    [Fact]
    public void Large_work_is_shared_evenly()
    {
        Made task = new(256, 1024, true, true, 256.0 * 1024 * 100);
        foreach (int workers in new[] { 2, 3, 4, 5 })
        {
            double[] parts = [.. TilePlan.Share<double>([task], workers).Select(static s => s.Sum(static t => (double)(t.Tile.RowEnd - t.Tile.Row) * t.Tile.Columns))];
            Assert.True(parts.Max() <= 1.5 * parts.Average(), $"{workers}: {string.Join(' ', parts)}");
        }
    }

    [Fact]
    public void Small_work_stays_with_one_worker() =>
        Assert.Equal([1, 0, 0], TilePlan.Share<double>([new Made(4, 4, true, true, 100)], 3).Select(static s => s.Length));

    private static Made[] Draw(Random random) => [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ =>
    {
        int rows = random.Next(1, 70), columns = random.Next(1, 100);
        return new Made(rows, columns, random.Next(2) == 0, random.Next(2) == 0, (double)rows * columns * random.Next(1, 200));
    })];

    private static string Print((CpuTask<double> Task, Tile Tile)[][] shares, Made[] tasks) =>
        string.Join('\n', shares.Select(s => string.Join(' ', s.Select(t => $"{Array.IndexOf(tasks, t.Task)}:{t.Tile}"))));
}
