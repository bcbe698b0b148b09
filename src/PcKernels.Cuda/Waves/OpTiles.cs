namespace PcKernels.Cuda.Waves;

/// <summary>An op task, how it is cut into tiles, and in which launch of its wave they run.</summary>
/// <param name="Task">The task.</param>
internal sealed record OpTiles(DeviceTask Task)
{
    // As native/include/pck/graph has them.
    private const int ElementRows = 32, ElementColumns = 64, Lines = 16, SumColumns = 32, ProductExtent = 64;
    private const int CostOfLine = 32;

    /// <summary>0, or 1 for what waits for the tiles of the first launch.</summary>
    public int Stage { get; init; }

    /// <summary>What a convolution's product sums over.</summary>
    public int Depth { get; init; }

    /// <summary>Work of one tile in about one multiply-add.</summary>
    public double CostPerTile => Task.Kind switch
    {
        TaskKind.OpConvolution => (double)ProductExtent * ProductExtent * Depth,
        TaskKind.OpLines or TaskKind.OpAttention => (double)Lines * Task.Columns * CostOfLine,
        _ => ElementRows * ElementColumns,
    };

    /// <summary>Tiles of a convolution's product.</summary>
    public static int ProductTiles(int rows, int columns, int groups) => groups * TileShape.Across(rows / groups, ProductExtent) * TileShape.Across(columns, ProductExtent);

    /// <summary>The tiles of the task, whose number in the table is given.</summary>
    public IReadOnlyList<DeviceTile> Cut(int number) => Task.Kind switch
    {
        TaskKind.OpElements => Tiles(number, 0, Task.Rows, ElementRows, ElementColumns),
        TaskKind.OpLines or TaskKind.OpAttention => Tiles(number, 0, Task.Rows, Lines, Task.Columns),
        TaskKind.OpColumnSums => Tiles(number, 0, 1, 1, SumColumns),
        TaskKind.OpChannelSums => Tiles(number, 0, 1, 1, 1),
        // Channels of two groups share no tile.
        _ => [.. Enumerable.Range(0, Task.Op.Groups).SelectMany(g => Tiles(number, g * (Task.Rows / Task.Op.Groups), Task.Rows / Task.Op.Groups, ProductExtent, ProductExtent))],
    };

    private DeviceTile[] Tiles(int number, int firstRow, int rows, int tileRows, int tileColumns) =>
        [.. from c in Enumerable.Range(0, TileShape.Across(Task.Columns, tileColumns))
            from r in Enumerable.Range(0, TileShape.Across(rows, tileRows))
            select new DeviceTile(number, firstRow + r * tileRows, c * tileColumns, ShapeName.Middle)];
}
