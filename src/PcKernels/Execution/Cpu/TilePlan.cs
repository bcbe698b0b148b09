using System.Numerics;

namespace PcKernels.Execution.Cpu;

/// <summary>Cuts the tasks of a wave into tiles and hands them to workers in runs of equal cost, so that a worker meets the same weights in every step.</summary>
internal static class TilePlan
{
    private const int ColumnUnit = 16;
    private const int RowUnit = 4;
    private const int TilesPerWorker = 4;

    // Below this a tile costs less than handing it over.
    private const double LeastCost = 20_000;

    public static (CpuTask<T> Task, Tile Tile)[][] Share<T>(IReadOnlyList<CpuTask<T>> tasks, int workers) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double total = tasks.Sum(static t => t.Cost);
        double wanted = Math.Max(LeastCost, total / (workers * TilesPerWorker));
        var tiles = new List<(CpuTask<T> Task, Tile Tile, double Cost)>();
        foreach (CpuTask<T> task in tasks)
            foreach (Tile tile in Cut(task, workers == 1 ? 1 : (int)Math.Clamp(Math.Round(task.Cost / wanted), 1, 4096)))
                tiles.Add((task, tile, task.Cost * (tile.RowEnd - tile.Row) * tile.Columns / ((double)task.Rows * task.Columns)));
        var shares = Enumerable.Range(0, workers).Select(static _ => new List<(CpuTask<T>, Tile)>()).ToArray();
        double done = 0;
        foreach ((CpuTask<T> task, Tile tile, double cost) in tiles)
        {
            // The tile's middle decides, so that each worker's share is within half a tile of its part.
            int worker = total <= LeastCost ? 0 : Math.Min(workers - 1, (int)((done + cost / 2) / total * workers));
            shares[worker].Add((task, tile));
            done += cost;
        }
        return [.. shares.Select(static s => s.ToArray())];
    }

    private static IEnumerable<Tile> Cut<T>(CpuTask<T> task, int pieces) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int columnUnits = (task.Columns + ColumnUnit - 1) / ColumnUnit;
        int columnPieces = task.SplitsColumns ? Math.Min(pieces, columnUnits) : 1;
        int rowUnits = (task.Rows + RowUnit - 1) / RowUnit;
        int rowPieces = task.SplitsRows ? Math.Min((pieces + columnPieces - 1) / columnPieces, rowUnits) : 1;
        for (int c = 0; c < columnPieces; c++)
        {
            int column = Part(c, columnPieces, columnUnits) * ColumnUnit;
            int columnEnd = Math.Min(task.Columns, Part(c + 1, columnPieces, columnUnits) * ColumnUnit);
            for (int r = 0; r < rowPieces; r++)
                yield return new Tile(Part(r, rowPieces, rowUnits) * RowUnit, Math.Min(task.Rows, Part(r + 1, rowPieces, rowUnits) * RowUnit), column, columnEnd);
        }
    }

    private static int Part(int index, int pieces, int units) => (int)((long)units * index / pieces);
}
