namespace PcKernels.Cuda.Interop;

/// <summary>A size in up to three dimensions.</summary>
internal readonly record struct Extent(uint X, uint Y = 1, uint Z = 1)
{
    public static implicit operator Extent(int x) => new(checked((uint)x));

    /// <inheritdoc/>
    public override string ToString() => $"{X}x{Y}x{Z}";
}

/// <summary>How a kernel is launched.</summary>
/// <param name="Grid">Blocks.</param>
/// <param name="Block">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block.</param>
/// <param name="IsCooperative">All blocks are resident at once, so that they may wait for one another.</param>
internal readonly record struct LaunchShape(Extent Grid, Extent Block, int SharedBytes = 0, bool IsCooperative = false)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Grid} blocks of {Block} threads, {SharedBytes} bytes shared{(IsCooperative ? ", cooperative" : "")}";
}
