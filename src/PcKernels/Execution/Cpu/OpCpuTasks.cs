using System.Numerics;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="OpForwardTask"/>: sample by sample, each with its epilogue while it is in cache.</summary>
internal sealed unsafe class OpForwardCpuTask<T>(OpForwardTask task, CpuProgram<T> program)
    : PredictionCpuTask<T>(task.Activation, task.Output, task.Derivative, task.Start, task.Error, program) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int EpilogueCost = 10;

    private readonly OpCallCpu<T> _call = new(task.Call, program);
    private readonly int _rows = task.Call.Node.RowsPerSample;

    public override double Cost => _call.Batch * _call.Kernel.Cost + (double)Rows * Columns * EpilogueCost;

    public override int RowUnit => _rows;

    public override bool SplitsColumns => false;

    public override long ScratchLength => Math.Max(base.ScratchLength, _call.ScratchLength + (long)_rows * Padded(Columns));

    protected override int BlockRows => _rows;

    protected override void Product(int row, int rows, int column, int columns, T* z, int stride, T* scratch, in StepContext context)
    {
        T** inputs = stackalloc T*[_call.Inputs];
        // A block is one sample.
        var value = new SampleMatrix<T>(new Matrix<T>((nint)z, rows, columns, stride), rows);
        T* dense = value.Place(0, ref scratch);
        _call.Kernel.Forward(_call.Frame(row / _rows, inputs, scratch, context.Settings), dense);
        value.Write(0, dense);
    }
}

/// <summary><see cref="OpBackwardTask"/>, sample by sample.</summary>
internal sealed unsafe class OpBackwardCpuTask<T> : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly OpCallCpu<T> _call;
    private readonly SampleMatrix<T> _delta;
    private readonly SampleMatrix<T>[] _adjoints;

    public OpBackwardCpuTask(OpBackwardTask task, CpuProgram<T> program)
    {
        _call = new OpCallCpu<T>(task.Call, program);
        _delta = new SampleMatrix<T>(program.Locate(task.Delta), task.Call.Node.RowsPerSample);
        _adjoints = [.. task.Adjoints.Select((a, k) => new SampleMatrix<T>(program.Locate(a), task.Call.Sources[k].RowsPerSample))];
    }

    public override int Rows => _call.Batch;

    public override bool SplitsRows => true;

    public override int RowUnit => 1;

    public override double Cost => _call.Batch * _call.Kernel.Cost * Math.Max(1, _adjoints.Count(static a => a.Exists));

    public override long ScratchLength => _call.ScratchLength + _delta.ScratchLength + _adjoints.Sum(static a => a.ScratchLength);

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        T** inputs = stackalloc T*[_call.Inputs], adjoints = stackalloc T*[_call.Inputs];
        for (int sample = tile.Row; sample < tile.RowEnd; sample++)
        {
            T* rest = scratch;
            T* delta = _delta.Read(sample, ref rest);
            for (int k = 0; k < _adjoints.Length; k++) adjoints[k] = _adjoints[k].Exists ? _adjoints[k].Place(sample, ref rest) : null;
            _call.Kernel.Backward(_call.Frame(sample, inputs, rest, context.Settings), delta, adjoints);
            for (int k = 0; k < _adjoints.Length; k++)
                if (adjoints[k] != null) _adjoints[k].Write(sample, adjoints[k]);
        }
    }
}

/// <summary><see cref="OpLearnTask"/>: tiles are ranges of a parameter's units, each over all uses and samples in order.</summary>
internal sealed unsafe class OpLearnCpuTask<T> : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly (OpCallCpu<T> Call, SampleMatrix<T> Delta)[] _uses;
    private readonly Matrix<T>[] _gradients;
    private readonly T _scale;
    private readonly bool _accumulates;
    private readonly int _units;

    public OpLearnCpuTask(OpLearnTask task, CpuProgram<T> program)
    {
        _uses = [.. task.Uses.Select(u => (new OpCallCpu<T>(u.Call, program), new SampleMatrix<T>(program.Locate(u.Delta), u.Call.Node.RowsPerSample)))];
        _gradients = [.. task.Gradients.Select(g => program.Locate(g))];
        _scale = T.CreateTruncating(task.Scale);
        _accumulates = task.Accumulates;
        _units = _uses[0].Call.Kernel.LearnUnits;
    }

    public override int Columns => _units;

    public override bool SplitsColumns => true;

    public override double Cost => _uses.Sum(static u => u.Call.Batch * u.Call.Kernel.Cost);

    public override long ScratchLength => _uses.Max(static u => u.Call.ScratchLength + u.Delta.ScratchLength) + (_accumulates ? _gradients.Sum(static g => (long)g.Rows * g.Stride) : 0);

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        int from = tile.Column, to = tile.ColumnEnd;
        Matrix<T>* sums = stackalloc Matrix<T>[_gradients.Length];
        for (int i = 0; i < _gradients.Length; i++)
        {
            sums[i] = _gradients[i];
            if (_accumulates)
            {
                sums[i] = _gradients[i] with { Pointer = (nint)scratch };
                scratch += (long)_gradients[i].Rows * _gradients[i].Stride;
            }
            (int row, int rows, int column, int columns) = Part(sums[i], from, to);
            for (int r = row; r < row + rows; r++) new Span<T>(sums[i].At(r, column), columns).Clear();
        }
        var targets = new ReadOnlySpan<Matrix<T>>(sums, _gradients.Length);
        foreach ((OpCallCpu<T> call, SampleMatrix<T> delta) in _uses) Sum(call, delta, targets, from, to, scratch, context.Settings);
        for (int i = 0; i < _gradients.Length; i++) Finish(_gradients[i], sums[i], from, to);
    }

    private static void Sum(OpCallCpu<T> call, SampleMatrix<T> delta, ReadOnlySpan<Matrix<T>> targets, int from, int to, T* scratch, in RunSettings settings)
    {
        T** inputs = stackalloc T*[call.Inputs];
        for (int sample = 0; sample < call.Batch; sample++)
        {
            T* rest = scratch;
            T* above = delta.Read(sample, ref rest);
            call.Kernel.Learn(call.Frame(sample, inputs, rest, settings), above, targets, from, to);
        }
    }

    private void Finish(Matrix<T> gradient, Matrix<T> sum, int from, int to)
    {
        (int row, int rows, int column, int columns) = Part(gradient, from, to);
        Kernels.Scale(rows, columns, sum.At(row, column), sum.Stride, _scale, sum.At(row, column), sum.Stride);
        if (_accumulates) Kernels.Add(rows, columns, gradient.At(row, column), gradient.Stride, sum.At(row, column), sum.Stride, gradient.At(row, column), gradient.Stride);
    }

    // Units are the rows of a matrix, or the columns of a single row.
    private (int Row, int Rows, int Column, int Columns) Part(Matrix<T> matrix, int from, int to) =>
        matrix.Rows == _units ? (from, to - from, 0, matrix.Columns) : (0, 1, from, to - from);
}
