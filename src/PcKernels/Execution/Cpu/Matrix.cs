using System.Numerics;
using PcKernels.Planning;

namespace PcKernels.Execution.Cpu;

/// <summary>A plan's buffer where it lies in memory.</summary>
/// <param name="Pointer">First element; null where the plan has no such buffer.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns that mean something.</param>
/// <param name="Stride">Elements from row to row.</param>
internal readonly unsafe record struct Matrix<T>(nint Pointer, int Rows, int Columns, int Stride) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Whether it is there.</summary>
    public bool Exists => Pointer != 0;

    /// <summary>The element at (row, column); null where there is no matrix.</summary>
    public T* At(int row, int column) => Pointer == 0 ? null : (T*)Pointer + (long)row * Stride + column;

    /// <summary>Whether no pad lies between its elements.</summary>
    public bool IsDense => Rows == 1 || Stride == Columns;

    /// <summary>Some of its rows.</summary>
    public Matrix<T> Part(int row, int rows) => this with { Pointer = (nint)At(row, 0), Rows = rows };

    /// <summary>Copies row-major elements in.</summary>
    public void Write<TFrom>(ReadOnlySpan<TFrom> values, PlanBuffer buffer) where TFrom : unmanaged, INumberBase<TFrom>
    {
        if (values.Length != buffer.Count) throw new ArgumentException($"{buffer} takes {buffer.Count} elements, not {values.Length}", nameof(values));
        Write(values);
    }

    /// <summary>Copies row-major elements in, as many as it has.</summary>
    public void Write<TFrom>(ReadOnlySpan<TFrom> values) where TFrom : unmanaged, INumberBase<TFrom>
    {
        for (int r = 0; r < Rows; r++)
        {
            T* row = At(r, 0);
            ReadOnlySpan<TFrom> from = values.Slice(r * Columns, Columns);
            if (typeof(TFrom) == typeof(T)) System.Runtime.InteropServices.MemoryMarshal.Cast<TFrom, T>(from).CopyTo(new Span<T>(row, Columns));
            else for (int c = 0; c < from.Length; c++) row[c] = T.CreateTruncating(from[c]);
        }
    }

    /// <summary>Copies row-major elements out.</summary>
    public void Read<TTo>(Span<TTo> values, PlanBuffer buffer) where TTo : unmanaged, INumberBase<TTo>
    {
        if (values.Length != buffer.Count) throw new ArgumentException($"{buffer} holds {buffer.Count} elements, not {values.Length}", nameof(values));
        for (int r = 0; r < Rows; r++)
        {
            T* row = At(r, 0);
            Span<TTo> to = values.Slice(r * Columns, Columns);
            for (int c = 0; c < to.Length; c++) to[c] = TTo.CreateTruncating(row[c]);
        }
    }
}
