using System.Numerics;
using System.Runtime.InteropServices;

namespace PcKernels.Tests.Execution.Kernels;

/// <summary>A matrix as the kernels want it: 64-byte rows, zero pads; and a guard behind it that tells of writes past the end.</summary>
internal sealed unsafe class PaddedMatrix<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Guard = 64;

    public PaddedMatrix(int rows, int cols, int extraPad = 0)
    {
        (Rows, Cols, Ld) = (rows, cols, (cols + 15) / 16 * 16 + extraPad);
        int count = rows * Ld;
        Pointer = (T*)NativeMemory.AlignedAlloc((nuint)((count + Guard) * sizeof(T)), 64);
        new Span<T>(Pointer, count).Clear();
        new Span<T>(Pointer + count, Guard).Fill(T.CreateTruncating(12345));
    }

    public static PaddedMatrix<T> Random(int rows, int cols, int seed, double scale = 1)
    {
        var matrix = new PaddedMatrix<T>(rows, cols, seed % 2 * 16);
        var random = new Random(seed);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < cols; j++) matrix[i, j] = T.CreateTruncating((random.NextDouble() * 2 - 1) * scale);
        return matrix;
    }

    public int Rows { get; }

    public int Cols { get; }

    public int Ld { get; }

    public T* Pointer { get; }

    public T this[int i, int j]
    {
        get => Pointer[i * Ld + j];
        set => Pointer[i * Ld + j] = value;
    }

    public double At(int i, int j) => double.CreateTruncating(this[i, j]);

    public PaddedMatrix<T> Clone()
    {
        var copy = new PaddedMatrix<T>(Rows, Cols, Ld - (Cols + 15) / 16 * 16);
        new Span<T>(Pointer, Rows * Ld).CopyTo(new Span<T>(copy.Pointer, Rows * Ld));
        return copy;
    }

    public void AssertIntact(string what)
    {
        for (int i = 0; i < Rows; i++)
            for (int j = Cols; j < Ld; j++) Assert.True(this[i, j] == T.Zero, $"{what}: pad ({i}, {j}) holds {this[i, j]}");
        for (int j = 0; j < Guard; j++) Assert.True(Pointer[Rows * Ld + j] == T.CreateTruncating(12345), $"{what}: written {j} past the end");
    }

    public void AssertClose(Func<int, int, double> expected, double tolerance, string what)
    {
        for (int i = 0; i < Rows; i++)
            for (int j = 0; j < Cols; j++)
            {
                double want = expected(i, j), error = Math.Abs(At(i, j) - want);
                Assert.True(error <= tolerance * Math.Max(1, Math.Abs(want)), $"{what} ({i}, {j}): {At(i, j):R}, not {want:R}");
            }
        AssertIntact(what);
    }

    public void AssertSame(PaddedMatrix<T> other, string what)
    {
        for (int i = 0; i < Rows; i++)
            for (int j = 0; j < Cols; j++)
                Assert.True(BitConverter.DoubleToInt64Bits(At(i, j)) == BitConverter.DoubleToInt64Bits(other.At(i, j)), $"{what} ({i}, {j}): {this[i, j]} and {other[i, j]}");
    }

    public void Dispose() => NativeMemory.AlignedFree(Pointer);
}
