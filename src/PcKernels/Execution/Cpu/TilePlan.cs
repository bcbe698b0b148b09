using System.Numerics;

namespace PcKernels.Execution.Cpu;

/// <summary>Cuts a wave's work into one run of equal cost per worker, in the order of the tasks, so that a layer's weights mostly stay with one worker, and tiles are as large as they can be.</summary>
internal static class TilePlan
{
    private const int ColumnUnit = 16;

    // Below this a share costs less than handing it over.
    private const double LeastCost = 20_000;

    // A task that is most of its wave is cut at the same places in every wave, whatever stands beside it: its weights stay where they are.
    private const double Dominates = 0.7;

    // The part of a large share that is cut into pieces, each a third of what is left until they are as small as is worth while:
    // smaller ones read their inputs more often than they save.
    private const double Tail = 0.3, LeastPiece = 1.0 / 64;

    // Smaller shares are done before it shows who is late.
    private const double LeastTaken = 2e6;

    // Smaller shares keep their weights in the second-level cache from wave to wave, which is worth more than even ends.
    private const double LeastCut = 1e8;

    public static (CpuTask<T> Task, Tile Tile)[][] Share<T>(IReadOnlyList<CpuTask<T>> tasks, int workers) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var shares = Enumerable.Range(0, workers).Select(static _ => new List<(CpuTask<T>, Tile)>()).ToArray();
        double total = tasks.Sum(static t => t.Cost);
        int used = (int)Math.Clamp(total / LeastCost, 1, workers);
        double done = 0, sum = total;
        if (used > 1 && HaveOneWeight(tasks))
        {
            foreach (CpuTask<T> task in tasks) Give(task, 0, task.Cost);
            return [.. shares.Select(static s => s.ToArray())];
        }
        if (used > 1 && tasks.FirstOrDefault(t => t.Cost >= Dominates * total) is CpuTask<T> large)
        {
            Give(large, 0, large.Cost);
            sum -= large.Cost;
        }
        else
        {
            large = null!;
        }
        foreach (CpuTask<T> task in tasks.Where(t => t != large))
        {
            Give(task, done, sum);
            done += task.Cost;
        }
        return [.. shares.Select(static s => s.ToArray())];

        void Give(CpuTask<T> task, double before, double of)
        {
            // Where each worker's share of the wave ends, as a part of this task.
            double At(int worker) => Math.Clamp((of * worker / used - before) / task.Cost, 0, 1);
            int units = UnitsOf(task);
            int from = 0;
            for (int worker = 0; worker < used; worker++)
            {
                int to = worker == used - 1 ? units : (int)Math.Round(units * At(worker + 1));
                if (to > from) shares[worker].Add((task, Part(task, from, to)));
                from = Math.Max(from, to);
            }
        }
    }

    /// <summary>Whether a wave's shares are so large that workers should take tiles from each other.</summary>
    public static bool IsWorthTaking<T>(IReadOnlyList<CpuTask<T>> tasks, int workers) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        tasks.Sum(static t => t.Cost) >= LeastTaken * workers;

    /// <summary>Whether they are so large that tiles should be cut for that.</summary>
    public static bool IsWorthCutting<T>(IReadOnlyList<CpuTask<T>> tasks, int workers) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        tasks.Sum(static t => t.Cost) >= LeastCut * workers;

    /// <summary>A share whose last part is in small pieces.</summary>
    public static (CpuTask<T> Task, Tile Tile)[] CutTail<T>((CpuTask<T> Task, Tile Tile)[] share) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double total = share.Sum(static t => CostOf(t.Task, t.Tile)), done = 0;
        var cut = new List<(CpuTask<T>, Tile)>();
        foreach ((CpuTask<T> task, Tile tile) in share)
        {
            int units = UnitsIn(task, tile), from = 0;
            double unit = CostOf(task, tile) / units;
            while (from < units)
            {
                double left = total - done, piece = left > Tail * total ? left - Tail * total : Math.Max(left / 3, total * LeastPiece);
                int to = task.CutsFreely ? (int)Math.Clamp(from + Math.Round(piece / unit), from + 1, units) : units;
                cut.Add((task, Part(task, tile, from, to)));
                done += (to - from) * unit;
                from = to;
            }
        }
        return [.. cut];
    }

    // The steps of a recurrence: each worker takes its outputs of all of them, as it does where they come one by one.
    private static bool HaveOneWeight<T>(IReadOnlyList<CpuTask<T>> tasks) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        tasks.Count > 1 && tasks[0].Weight is { } weight && tasks.All(t => t.Weight == weight && CutsColumns(t));

    private static bool CutsColumns<T>(CpuTask<T> task) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        task.SplitsColumns && (!task.SplitsRows || task.Columns >= 2 * ColumnUnit);

    private static int UnitsOf<T>(CpuTask<T> task) where T : unmanaged, IBinaryFloatingPointIeee754<T> => UnitsIn(task, new Tile(0, task.Rows, 0, task.Columns));

    private static int UnitsIn<T>(CpuTask<T> task, in Tile tile) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        CutsColumns(task) ? (tile.Columns + ColumnUnit - 1) / ColumnUnit : task.SplitsRows ? (tile.RowEnd - tile.Row + task.RowUnit - 1) / task.RowUnit : 1;

    private static Tile Part<T>(CpuTask<T> task, int from, int to) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Part(task, new Tile(0, task.Rows, 0, task.Columns), from, to);

    private static Tile Part<T>(CpuTask<T> task, in Tile of, int from, int to) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        CutsColumns(task) ? of with { Column = of.Column + from * ColumnUnit, ColumnEnd = Math.Min(of.ColumnEnd, of.Column + to * ColumnUnit) }
        : task.SplitsRows ? of with { Row = of.Row + from * task.RowUnit, RowEnd = Math.Min(of.RowEnd, of.Row + to * task.RowUnit) }
        : of;

    private static double CostOf<T>(CpuTask<T> task, in Tile tile) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        task.Cost * (tile.RowEnd - tile.Row) / task.Rows * tile.Columns / task.Columns;
}
