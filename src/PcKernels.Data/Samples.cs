namespace PcKernels.Data;

/// <summary>The inputs behind one or more parts: numbers, or pixels that stay bytes and become [0, 1] when they are read.</summary>
internal sealed class Samples
{
    private readonly float[]? _numbers;
    private readonly byte[]? _bytes;
    private readonly int _byteStart;
    private readonly int _byteStride;
    private readonly float _scale;

    public Samples(float[] numbers, int size)
    {
        (_numbers, Size) = (numbers, size);
    }

    /// <param name="bytes">Records of <paramref name="byteStride"/> bytes, the first at <paramref name="byteStart"/>.</param>
    /// <param name="size">Elements of a sample, the first bytes of its record.</param>
    /// <param name="byteStart">Where the first sample begins.</param>
    /// <param name="byteStride">From one sample to the next.</param>
    /// <param name="largest">The byte that becomes 1.</param>
    public Samples(byte[] bytes, int size, int byteStart, int byteStride, float largest)
    {
        (_bytes, Size, _byteStart, _byteStride, _scale) = (bytes, size, byteStart, byteStride, largest);
    }

    public int Size { get; }

    public void Copy(int row, Span<float> destination)
    {
        if (_numbers is not null)
        {
            _numbers.AsSpan(checked(row * Size), Size).CopyTo(destination);
            return;
        }
        ReadOnlySpan<byte> source = _bytes.AsSpan(checked(_byteStart + row * _byteStride), Size);
        // A division, not a product with 1/255, so that 51 gives the float nearest to 0.2.
        for (int i = 0; i < source.Length; i++) destination[i] = source[i] / _scale;
    }
}
