using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace PcKernels.Data;

/// <summary>The inputs behind one or more parts: numbers, or pixels that stay bytes and become [0, 1] when they are read.</summary>
internal sealed class Samples
{
    private const int CacheLine = 64;

    private readonly float[]? _numbers;
    private readonly byte[]? _bytes;
    private readonly int _byteStart;
    private readonly int _byteStride;
    private readonly float _largest;

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
        (_bytes, Size, _byteStart, _byteStride, _largest) = (bytes, size, byteStart, byteStride, largest);
    }

    public int Size { get; }

    public void Copy(int row, Span<float> destination)
    {
        if (_numbers is not null) Numbers(row).CopyTo(destination);
        else Divide(Bytes(row), _largest, destination);
    }

    /// <summary>Asks for a sample's memory before it is copied, where the processor can be asked.</summary>
    public unsafe void Prefetch(int row)
    {
        if (!Sse.IsSupported) return;
        ReadOnlySpan<byte> sample = _numbers is null ? Bytes(row) : MemoryMarshal.AsBytes(Numbers(row));
        fixed (byte* first = sample)
            for (int at = 0; at < sample.Length; at += CacheLine) Sse.Prefetch0(first + at);
    }

    private ReadOnlySpan<float> Numbers(int row) => _numbers.AsSpan(checked(row * Size), Size);

    private ReadOnlySpan<byte> Bytes(int row) => _bytes.AsSpan(checked(_byteStart + row * _byteStride), Size);

    // A division, not a product with 1/255, so that 51 gives the float nearest to 0.2.
    private static void Divide(ReadOnlySpan<byte> source, float by, Span<float> destination)
    {
        int done = 0;
        for (; done <= source.Length - Vector<byte>.Count; done += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(source[done..]), out Vector<ushort> low, out Vector<ushort> high);
            Widened(low, by, destination[done..]);
            Widened(high, by, destination[(done + Vector<ushort>.Count)..]);
        }
        for (; done < source.Length; done++) destination[done] = source[done] / by;
    }

    private static void Widened(Vector<ushort> pixels, float by, Span<float> destination)
    {
        Vector.Widen(pixels, out Vector<uint> low, out Vector<uint> high);
        var divisor = new Vector<float>(by);
        // Signed: the same numbers, and an instruction of every machine.
        (Vector.ConvertToSingle(Vector.AsVectorInt32(low)) / divisor).CopyTo(destination);
        (Vector.ConvertToSingle(Vector.AsVectorInt32(high)) / divisor).CopyTo(destination[Vector<float>.Count..]);
    }
}
