using System.Numerics;

namespace PcKernels.Execution.Cpu;

/// <summary>A batch seen sample by sample, each dense and row-major: where rows have a pad between them a sample is copied.</summary>
/// <param name="matrix">The batch.</param>
/// <param name="rows">Rows of one sample.</param>
internal readonly unsafe struct SampleMatrix<T>(Matrix<T> matrix, int rows) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly bool _isDense = rows == 1 || matrix.Stride == matrix.Columns;

    /// <summary>Whether the plan has it.</summary>
    public bool Exists => matrix.Exists;

    /// <summary>Elements of scratch that a sample's copy takes, whole lines.</summary>
    public long ScratchLength => _isDense ? 0 : ((long)rows * matrix.Columns + 15) / 16 * 16;

    /// <summary>A sample's elements, in place or copied to scratch, which moves on.</summary>
    public T* Read(int sample, ref T* scratch)
    {
        T* dense = Place(sample, ref scratch);
        if (_isDense) return dense;
        for (int r = 0; r < rows; r++) new ReadOnlySpan<T>(matrix.At(sample * rows + r, 0), matrix.Columns).CopyTo(new Span<T>(dense + (long)r * matrix.Columns, matrix.Columns));
        return dense;
    }

    /// <summary>Where a sample's elements may be written before <see cref="Write"/>; null where the plan has no such buffer.</summary>
    public T* Place(int sample, ref T* scratch)
    {
        if (_isDense) return matrix.At(sample * rows, 0);
        T* dense = scratch;
        scratch += ScratchLength;
        return dense;
    }

    /// <summary>Puts what was written to <see cref="Place"/> where it belongs.</summary>
    public void Write(int sample, T* dense)
    {
        if (_isDense) return;
        for (int r = 0; r < rows; r++) new ReadOnlySpan<T>(dense + (long)r * matrix.Columns, matrix.Columns).CopyTo(new Span<T>(matrix.At(sample * rows + r, 0), matrix.Columns));
    }
}
