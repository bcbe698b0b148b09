using System.Numerics;
using PcKernels.Graphs;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="ForwardTask"/>: product, bias, activation and error of a block of rows while it is in cache.</summary>
internal sealed unsafe class ForwardCpuTask<T> : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _input, _weight, _bias, _output, _derivative, _start;
    private readonly ErrorStage<T>? _error;
    private readonly Activation _activation;
    private readonly bool _isCategorical, _needsDerivative;

    public ForwardCpuTask(ForwardTask task, CpuProgram<T> program)
    {
        _input = program.Locate(task.Input);
        _weight = program.Locate(task.Weight);
        _bias = program.Locate(task.Bias);
        _output = program.Locate(task.Output);
        _derivative = program.Locate(task.Derivative);
        _start = program.Locate(task.Start);
        _error = task.Error is null ? null : new ErrorStage<T>(task.Error, program);
        _activation = task.Activation;
        _isCategorical = task.Error?.IsCategorical ?? false;
        _needsDerivative = _activation != Activation.Identity && (_derivative.Exists || (_error?.HasDelta ?? false));
    }

    public override int Rows => _input.Rows;

    public override int Columns => _weight.Rows;

    public override bool SplitsRows => true;

    // A softmax needs whole rows.
    public override bool SplitsColumns => !_isCategorical;

    public override double Cost => (double)Rows * Columns * (_weight.Columns + 20);

    public override long ScratchLength => (long)RowBlock * Padded(Columns);

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        for (int row = tile.Row; row < tile.RowEnd; row += RowBlock) Block(row, Math.Min(RowBlock, tile.RowEnd - row), tile.Column, tile.Columns, scratch);
    }

    private void Block(int row, int rows, int column, int columns, T* scratch)
    {
        Matrix<T> target = _output.Exists ? _output : _start.Exists ? _start : _error!.Value.Error;
        T* z = target.At(row, column);
        Kernels.Dot(rows, columns, _weight.Columns, _input.At(row, 0), _input.Stride, _weight.At(column, 0), _weight.Stride, z, target.Stride);
        if (_bias.Exists) Kernels.AddBias(rows, columns, z, target.Stride, _bias.At(0, column));
        T* derivative = null;
        int derivativeStride = 0;
        if (_needsDerivative)
        {
            derivative = _derivative.Exists ? _derivative.At(row, column) : scratch;
            derivativeStride = _derivative.Exists ? _derivative.Stride : Padded(columns);
        }
        if (_activation != Activation.Identity) Kernels.Activate(_activation, rows, columns, z, target.Stride, z, target.Stride, derivative, derivativeStride);
        if (_start.Exists && _output.Exists) Kernels.Copy(rows, columns, z, target.Stride, _start.At(row, column), _start.Stride);
        _error?.Run(Kernels, row, rows, column, columns, z, target.Stride, derivative, derivativeStride);
    }
}
