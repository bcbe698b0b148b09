namespace PcKernels.Cuda.Waves;

/// <summary>A tile shape; <c>ShapeName</c> of native/include/pck/wave/shape.cuh.</summary>
internal enum ShapeName
{
    Middle, Slim, Wide,
}

/// <summary>The part of a result that one block computes.</summary>
/// <param name="Name">Which.</param>
/// <param name="Rows">Rows of the tile.</param>
/// <param name="Columns">Columns of the tile.</param>
internal readonly record struct TileShape(ShapeName Name, int Rows, int Columns)
{
    /// <summary>32 × 64: the common one, and that of all work without a product.</summary>
    public static readonly TileShape Middle = new(ShapeName.Middle, 32, 64);

    /// <summary>16 × 32, the depth in four slices: small batches and few outputs.</summary>
    public static readonly TileShape Slim = new(ShapeName.Slim, 16, 32);

    /// <summary>64 × 128: large products, in f32 only.</summary>
    public static readonly TileShape Wide = new(ShapeName.Wide, 64, 128);

    /// <summary>Tiles of a matrix.</summary>
    public long Count(int rows, int columns) => (long)Across(rows, Rows) * Across(columns, Columns);

    /// <summary>How many pieces of a size an extent takes.</summary>
    public static int Across(int extent, int size) => (int)(((long)extent + size - 1) / size);
}

/// <summary>Which shapes the products of a program take: as large as leaves every multiprocessor something to do.</summary>
/// <param name="multiprocessors">Of the device.</param>
/// <param name="hasWide">Whether the element type has the wide shape.</param>
/// <param name="forced">A shape to take wherever it can be, for tests; null chooses.</param>
internal sealed class TileChoice(int multiprocessors, bool hasWide, ShapeName? forced = null)
{
    // Below this depth the four slices of the slim shape have nothing to share.
    private const int SlicedDepth = 64;

    /// <summary>Of the device.</summary>
    public int Multiprocessors => multiprocessors;

    /// <summary>The widest rows that one tile can hold.</summary>
    public int WidestRow => hasWide ? TileShape.Wide.Columns : TileShape.Middle.Columns;

    /// <summary>The shape of one product.</summary>
    /// <param name="product">Its extents and limits.</param>
    /// <param name="share">The share of the wave's results that it has, by which the multiprocessors are dealt out.</param>
    public TileShape Choose(in ProductShape product, double share)
    {
        ProductShape p = product;
        TileShape[] possible = [.. new[] { TileShape.Wide, TileShape.Middle, TileShape.Slim }.Where(s => Fits(s, p))];
        if (forced is { } name) return possible.Where(s => s.Name == name).DefaultIfEmpty(possible[^1]).First();
        double wanted = Math.Max(1, multiprocessors * share);
        foreach (TileShape shape in possible)
            if (shape.Count(p.Rows, p.Columns) >= wanted && IsFull(shape, p)) return shape;
        TileShape least = possible[^1];
        return least.Name == ShapeName.Slim && p.Depth < SlicedDepth && Fits(TileShape.Middle, p) && IsFull(TileShape.Middle, p) ? TileShape.Middle : least;
    }

    private bool Fits(TileShape shape, ProductShape p) =>
        (shape.Name != ShapeName.Wide || (hasWide && !p.AddsProducts)) && (!p.NeedsWholeRows || shape.Columns >= p.Columns);

    // At least half of the tile's results are wanted.
    private static bool IsFull(TileShape shape, ProductShape p) =>
        2L * p.Rows * p.Columns >= shape.Count(p.Rows, p.Columns) * shape.Rows * shape.Columns;
}

/// <summary>What a product asks of its tiles.</summary>
/// <param name="Rows">Rows of the result.</param>
/// <param name="Columns">Columns of the result.</param>
/// <param name="Depth">What is summed over.</param>
/// <param name="AddsProducts">Whether several products are added, or one has a factor: their sum then needs a place beside the buffers.</param>
/// <param name="NeedsWholeRows">Whether a row must lie in one tile (softmax).</param>
internal readonly record struct ProductShape(int Rows, int Columns, int Depth, bool AddsProducts, bool NeedsWholeRows);
