using System.Numerics;
using PcKernels.Graphs;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary>What all predictions do with a block of z while it is in cache: y = f(z), f′, a value that starts as y, the error.</summary>
internal abstract unsafe class PredictionCpuTask<T> : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _output, _derivative, _start;
    private readonly ErrorStage<T>? _error;
    private readonly Activation _activation;
    private readonly bool _isCategorical, _needsDerivative, _isOnePass, _keepsOutput;

    protected PredictionCpuTask(Activation activation, PlanBuffer? output, PlanBuffer? derivative, PlanBuffer? start, ErrorEpilogue? error, CpuProgram<T> program)
    {
        _output = program.Locate(output);
        _derivative = program.Locate(derivative);
        _start = program.Locate(start);
        _error = error is null ? null : new ErrorStage<T>(error, program);
        _activation = activation;
        _isCategorical = error?.IsCategorical ?? false;
        // A value that starts as the prediction has no error yet.
        _isOnePass = _error is { IsPlain: true } && !_start.Exists;
        _keepsOutput = output is not null && program.IsRead(output);
        _needsDerivative = _activation != Activation.Identity && (_derivative.Exists || (_error?.HasDelta ?? false));
    }

    public override int Rows => Target.Rows;

    public override int Columns => Target.Columns;

    public override bool SplitsRows => true;

    // A softmax needs whole rows.
    public override bool SplitsColumns => !_isCategorical;

    public override long ScratchLength => (long)BlockRows * Padded(Columns);

    /// <summary>Rows of a block.</summary>
    protected virtual int BlockRows => BlockOf(Columns);

    private Matrix<T> Target => _output.Exists ? _output : _start.Exists ? _start : _error!.Value.Error;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        int block = BlockRows;
        for (int row = tile.Row; row < tile.RowEnd; row += block) Block(row, Math.Min(block, tile.RowEnd - row), tile.Column, tile.Columns, context, scratch);
    }

    /// <summary>Writes the products of a block to where z will be; scratch is free until it returns.</summary>
    protected abstract void Product(int row, int rows, int column, int columns, T* z, int stride, T* scratch, in StepContext context);

    /// <summary>Makes z of a few rows of products; without it they are z, but for the bias.</summary>
    protected virtual void Finish(int row, int rows, int column, int columns, T* z, int stride, in StepContext context) { }

    /// <summary>What is still to be added to z of each sample, from a column on; null for nothing.</summary>
    protected virtual T* BiasAt(int column) => null;

    private void Block(int row, int rows, int column, int columns, in StepContext context, T* scratch)
    {
        Matrix<T> target = Target;
        Product(row, rows, column, columns, target.At(row, column), target.Stride, scratch, context);
        int some = EpilogueRows(columns);
        for (int from = row; from < row + rows; from += some) Epilogue(from, Math.Min(some, row + rows - from), column, columns, context, scratch);
    }

    private void Epilogue(int row, int rows, int column, int columns, in StepContext context, T* scratch)
    {
        Matrix<T> target = Target;
        T* z = target.At(row, column);
        Finish(row, rows, column, columns, z, target.Stride, context);
        T* bias = BiasAt(column);
        if (_isOnePass)
        {
            _error!.Value.RunWithPrediction(Kernels, _activation, row, rows, column, columns, z, target.Stride, bias,
                _keepsOutput ? z : null, target.Stride, _derivative.At(row, column), _derivative.Stride);
            return;
        }
        if (bias != null) Kernels.AddBias(rows, columns, z, target.Stride, bias);
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
