using System.Numerics;
using PcKernels.Graphs;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="ElementwiseTask"/>: y = f(Σ inputs), then the error.</summary>
internal sealed unsafe class ElementwiseCpuTask<T> : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T>[] _inputs;
    private readonly Matrix<T> _output, _derivative, _start;
    private readonly ErrorStage<T>? _error;
    private readonly Activation _activation;
    private readonly bool _isCategorical, _needsDerivative;

    public ElementwiseCpuTask(ElementwiseTask task, CpuProgram<T> program)
    {
        _inputs = [.. task.Inputs.Select(i => program.Locate(i))];
        _output = program.Locate(task.Output);
        _derivative = program.Locate(task.Derivative);
        _start = program.Locate(task.Start);
        _error = task.Error is null ? null : new ErrorStage<T>(task.Error, program);
        _activation = task.Activation;
        _isCategorical = task.Error?.IsCategorical ?? false;
        _needsDerivative = _activation != Activation.Identity && (_derivative.Exists || (_error?.HasDelta ?? false));
    }

    public override int Rows => _inputs[0].Rows;

    public override int Columns => _inputs[0].Columns;

    public override bool SplitsRows => true;

    public override bool SplitsColumns => !_isCategorical;

    public override double Cost => (double)Rows * Columns * 10;

    public override long ScratchLength => (long)RowBlock * Padded(Columns);

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        for (int row = tile.Row; row < tile.RowEnd; row += RowBlock) Block(row, Math.Min(RowBlock, tile.RowEnd - row), tile.Column, tile.Columns, scratch);
    }

    private void Block(int row, int rows, int column, int columns, T* scratch)
    {
        Matrix<T> target = _output.Exists ? _output : _start.Exists ? _start : _error!.Value.Error;
        T* y = target.At(row, column);
        Kernels.Copy(rows, columns, _inputs[0].At(row, column), _inputs[0].Stride, y, target.Stride);
        for (int i = 1; i < _inputs.Length; i++)
            Kernels.Add(rows, columns, y, target.Stride, _inputs[i].At(row, column), _inputs[i].Stride, y, target.Stride);
        T* derivative = null;
        int derivativeStride = 0;
        if (_needsDerivative)
        {
            derivative = _derivative.Exists ? _derivative.At(row, column) : scratch;
            derivativeStride = _derivative.Exists ? _derivative.Stride : Padded(columns);
        }
        if (_activation != Activation.Identity) Kernels.Activate(_activation, rows, columns, y, target.Stride, y, target.Stride, derivative, derivativeStride);
        if (_start.Exists && _output.Exists) Kernels.Copy(rows, columns, y, target.Stride, _start.At(row, column), _start.Stride);
        _error?.Run(Kernels, row, rows, column, columns, y, target.Stride, derivative, derivativeStride);
    }
}
