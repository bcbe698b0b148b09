using System.Numerics;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="ErrorTask"/>.</summary>
internal sealed unsafe class ErrorCpuTask<T> : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _prediction, _derivative;
    private readonly ErrorStage<T> _error;
    private readonly bool _isCategorical;

    public ErrorCpuTask(ErrorTask task, CpuProgram<T> program)
    {
        _prediction = program.Locate(task.Prediction);
        _derivative = program.Locate(task.Derivative);
        _error = new ErrorStage<T>(task.Error, program);
        _isCategorical = task.Error.IsCategorical;
    }

    public override int Rows => _error.Error.Rows;

    public override int Columns => _error.Error.Columns;

    public override bool SplitsRows => true;

    public override bool SplitsColumns => !_isCategorical;

    public override double Cost => (double)Rows * Columns * 4;

    public override void Run(in Tile tile, in StepContext context, T* scratch) => Run(tile.Row, tile.RowEnd - tile.Row, tile.Column, tile.Columns);

    /// <summary>Whether it is e = x − μ and δ = (π e) f′, or π e, with one π.</summary>
    public bool IsPlain => _prediction.Exists && _error.IsPlain;

    /// <summary>Moves a value by γ times the adjoint and takes its error, in one pass. Only where <see cref="IsPlain"/>.</summary>
    public void RunAfterMove(int row, int rows, int column, int columns, Matrix<T> value, Matrix<T> moved, T* adjoint, int adjointStride, T gamma) => _error.RunAfterMove(Kernels, row, rows, column, columns,
        value, moved, adjoint, adjointStride, gamma, _prediction, _derivative);

    /// <summary>The error of a block; also called by a task that has just moved the value.</summary>
    public void Run(int row, int rows, int column, int columns) => _error.Run(Kernels, row, rows, column, columns,
        _prediction.At(row, column), _prediction.Stride, _derivative.At(row, column), _derivative.Stride);
}
