namespace PcKernels.Graphs.Ops;

/// <summary>A square window that moves over an image: <c>(n + 2·padding − kernel) / stride + 1</c> places, rounded down.</summary>
/// <param name="Kernel">Side of the window, ≥ 1.</param>
/// <param name="Stride">Elements from place to place, ≥ 1.</param>
/// <param name="Padding">Zeros on each side, ≥ 0.</param>
internal readonly record struct Window(int Kernel, int Stride, int Padding)
{
    private const int Most = 1 << 14;

    /// <summary>Places over an extent.</summary>
    public int Over(int extent) => (extent + 2 * Padding - Kernel) / Stride + 1;

    /// <summary>The extents over which it moves.</summary>
    /// <exception cref="InputException">A setting is out of range, or the window is larger than the image.</exception>
    public (int Height, int Width) Over(IReadOnlyList<int> image)
    {
        if (Kernel < 1) throw new InputException($"kernel {Kernel} must be ≥ 1");
        if (Stride < 1) throw new InputException($"stride {Stride} must be ≥ 1");
        if (Padding < 0) throw new InputException($"padding {Padding} must be ≥ 0");
        if (Kernel > Most || Stride > Most || Padding > Most) throw new InputException($"kernel, stride and padding must be ≤ {Most}");
        if (image[1] + 2L * Padding < Kernel || image[2] + 2L * Padding < Kernel)
            throw new InputException($"a window of {Kernel}×{Kernel} does not fit into {image[1]}×{image[2]}{(Padding > 0 ? $" with padding {Padding}" : "")}; use a smaller kernel");
        return (Over(image[1]), Over(image[2]));
    }
}
