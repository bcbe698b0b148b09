namespace PcKernels.Execution.Cpu;

/// <summary>A rectangle of a task's work that one worker does alone.</summary>
/// <param name="Row">First row.</param>
/// <param name="RowEnd">Row after the last.</param>
/// <param name="Column">First column, a multiple of 16.</param>
/// <param name="ColumnEnd">Column after the last: a multiple of 16, or the matrix's width.</param>
internal readonly record struct Tile(int Row, int RowEnd, int Column, int ColumnEnd)
{
    /// <summary>Columns in it.</summary>
    public int Columns => ColumnEnd - Column;
}
