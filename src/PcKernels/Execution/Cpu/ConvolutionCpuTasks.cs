using System.Numerics;
using PcKernels.Execution.Kernels.Ops;
using PcKernels.Graphs.Ops;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary>A plan's convolution located in memory, with its kernel.</summary>
internal sealed class ConvolutionCallCpu<T>(OpCall call, CpuProgram<T> program) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public ConvolutionKernel<T> Kernel { get; } = new((Conv2dOp)call.Node.Op, call.Shapes[0], call.Node.Shape, call.Batch);

    public SampleMatrix<T> Input { get; } = new(program.Locate(call.Inputs[0]), call.Sources[0].RowsPerSample);

    public Matrix<T> Weight { get; } = program.Locate(call.Parameters[0]);

    public Matrix<T> Bias { get; } = call.Parameters.Count > 1 ? program.Locate(call.Parameters[1]) : default;

    public int Batch { get; } = call.Batch;
}

/// <summary><see cref="OpForwardTask"/> of a convolution: a few images at a time, with their epilogue while they are in cache.</summary>
internal sealed unsafe class ConvolutionForwardCpuTask<T>(OpForwardTask task, CpuProgram<T> program)
    : PredictionCpuTask<T>(task.Activation, task.Output, task.Derivative, task.Start, task.Error, program) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int EpilogueCost = 10;

    private readonly ConvolutionCallCpu<T> _call = new(task.Call, program);
    private readonly int _rows = task.Call.Node.RowsPerSample;

    public override double Cost => _call.Batch * _call.Kernel.Cost + (double)Rows * Columns * EpilogueCost;

    public override int RowUnit => _rows;

    public override bool CutsFreely => false;

    public override bool SplitsColumns => false;

    public override long ScratchLength => Math.Max(base.ScratchLength,
        _call.Kernel.ScratchLength + _call.Kernel.Images * (_call.Input.ScratchLength + (_rows == 1 ? 0 : (long)_rows * Padded(Columns))));

    protected override int BlockRows => _rows * _call.Kernel.Images;

    protected override void Product(int row, int rows, int column, int columns, T* z, int stride, T* scratch, in StepContext context)
    {
        int count = rows / _rows;
        T** images = stackalloc T*[count], results = stackalloc T*[count];
        var value = new SampleMatrix<T>(new Matrix<T>((nint)z, rows, columns, stride), _rows);
        for (int s = 0; s < count; s++)
        {
            images[s] = _call.Input.Read(row / _rows + s, ref scratch);
            results[s] = value.Place(s, ref scratch);
        }
        _call.Kernel.Forward(images, count, _call.Weight, _call.Bias, results, scratch);
        for (int s = 0; s < count; s++) value.Write(s, results[s]);
    }
}

/// <summary><see cref="OpBackwardTask"/> of a convolution, a few images at a time.</summary>
internal sealed unsafe class ConvolutionBackwardCpuTask<T>(OpBackwardTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ConvolutionCallCpu<T> _call = new(task.Call, program);
    private readonly SampleMatrix<T> _delta = new(program.Locate(task.Delta), task.Call.Node.RowsPerSample);
    private readonly SampleMatrix<T> _adjoint = new(program.Locate(task.Adjoints[0]), task.Call.Sources[0].RowsPerSample);

    public override int Rows => _call.Batch;

    public override bool SplitsRows => true;

    public override int RowUnit => 1;

    public override bool CutsFreely => false;

    public override double Cost => _call.Batch * _call.Kernel.Cost;

    public override long ScratchLength => _call.Kernel.ScratchLength + _call.Kernel.Images * (_delta.ScratchLength + _adjoint.ScratchLength);

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        T** deltas = stackalloc T*[_call.Kernel.Images], adjoints = stackalloc T*[_call.Kernel.Images];
        for (int first = tile.Row; first < tile.RowEnd; first += _call.Kernel.Images)
        {
            int count = Math.Min(_call.Kernel.Images, tile.RowEnd - first);
            T* rest = scratch;
            for (int s = 0; s < count; s++)
            {
                deltas[s] = _delta.Read(first + s, ref rest);
                adjoints[s] = _adjoint.Place(first + s, ref rest);
            }
            _call.Kernel.Backward(deltas, count, _call.Weight, adjoints, rest);
            for (int s = 0; s < count; s++) _adjoint.Write(first + s, adjoints[s]);
        }
    }
}

/// <summary><see cref="OpLearnTask"/> of a convolution: tiles are ranges of the weights' columns, so that each unfolds windows of its own; the first one also learns the bias.</summary>
internal sealed unsafe class ConvolutionLearnCpuTask<T>(OpLearnTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly (ConvolutionCallCpu<T> Call, SampleMatrix<T> Delta)[] _uses =
        [.. task.Uses.Select(u => (new ConvolutionCallCpu<T>(u.Call, program), new SampleMatrix<T>(program.Locate(u.Delta), u.Call.Node.RowsPerSample)))];

    private readonly Matrix<T> _weight = program.Locate(task.Gradients[0]);
    private readonly Matrix<T> _bias = task.Gradients.Count > 1 ? program.Locate(task.Gradients[1]) : default;
    private readonly T _scale = T.CreateTruncating(task.Scale);
    private readonly bool _accumulates = task.Accumulates;
    private readonly int _groups = ((Conv2dOp)task.Owner.Op).Groups;
    private readonly int _block = Math.Min(ColumnBlock, Padded(task.Gradients[0].Columns));

    // As many columns as the kernel takes.
    private const int ColumnBlock = 256;

    public override int Columns => _weight.Columns;

    public override bool SplitsColumns => true;

    public override bool CutsFreely => false;

    public override double Cost => _uses.Sum(static u => u.Call.Batch * u.Call.Kernel.Cost);

    public override long ScratchLength => SumsLength + _uses.Max(static u => u.Call.Kernel.ScratchLength + u.Call.Kernel.LearnScratchLength + u.Call.Kernel.Images * (u.Call.Input.ScratchLength + u.Delta.ScratchLength));

    private int Channels => _weight.Rows / _groups;

    private long SumsLength => Math.Max((long)Channels * _block, Padded(_weight.Rows));

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        for (int g = 0; g < _groups; g++)
            for (int from = tile.Column; from < tile.ColumnEnd; from += _block)
            {
                int columns = Math.Min(_block, tile.ColumnEnd - from);
                bool isFirst = true;
                foreach ((ConvolutionCallCpu<T> call, SampleMatrix<T> delta) in _uses) Sum(call, delta, g, from, columns, scratch, ref isFirst);
                Finish(_weight, g * Channels, Channels, from, columns, scratch, _block);
            }
        if (tile.Column == 0 && _bias.Exists) LearnBias(scratch);
    }

    private void Sum(ConvolutionCallCpu<T> call, SampleMatrix<T> delta, int group, int from, int columns, T* sums, ref bool isFirst)
    {
        ConvolutionKernel<T> kernel = call.Kernel;
        T** images = stackalloc T*[kernel.Images], deltas = stackalloc T*[kernel.Images];
        for (int first = 0; first < call.Batch; first += kernel.Images)
        {
            int count = Math.Min(kernel.Images, call.Batch - first);
            T* rest = sums + SumsLength;
            for (int s = 0; s < count; s++)
            {
                images[s] = call.Input.Read(first + s, ref rest);
                deltas[s] = delta.Read(first + s, ref rest);
            }
            kernel.Learn(images, deltas, count, group, from, from + columns, sums, !isFirst, rest);
            isFirst = false;
        }
    }

    private void LearnBias(T* scratch)
    {
        new Span<T>(scratch, _weight.Rows).Clear();
        foreach ((ConvolutionCallCpu<T> call, SampleMatrix<T> delta) in _uses)
            for (int s = 0; s < call.Batch; s++)
            {
                T* rest = scratch + SumsLength;
                call.Kernel.LearnBias(delta.Read(s, ref rest), scratch);
            }
        Finish(_bias, 0, 1, 0, _weight.Rows, scratch, Padded(_weight.Rows));
    }

    private void Finish(Matrix<T> gradient, int row, int rows, int column, int columns, T* sums, int stride)
    {
        T* target = gradient.At(row, column);
        if (!_accumulates)
        {
            Kernels.Scale(rows, columns, sums, stride, _scale, target, gradient.Stride);
            return;
        }
        Kernels.Scale(rows, columns, sums, stride, _scale, sums, stride);
        Kernels.Add(rows, columns, target, gradient.Stride, sums, stride, target, gradient.Stride);
    }
}
