using System.Numerics;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="GramTask"/>.</summary>
internal sealed unsafe class GramCpuTask<T>(GramTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _input = program.Locate(task.Input);
    private readonly Matrix<T> _gram = program.Locate(task.Gram);

    public override int Rows => _gram.Rows;

    public override int Columns => _gram.Columns;

    public override bool SplitsRows => true;

    public override bool SplitsColumns => true;

    public override double Cost => (double)Rows * Columns * _input.Columns;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        T* gram = _gram.At(tile.Row, tile.Column);
        int rows = tile.RowEnd - tile.Row;
        Kernels.Dot(rows, tile.Columns, _input.Columns, _input.At(tile.Row, 0), _input.Stride, _input.At(tile.Column, 0), _input.Stride, gram, _gram.Stride);
        if (!task.HasBias) return;
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < tile.Columns; column++) gram[(long)row * _gram.Stride + column] += T.One;
    }
}

/// <summary><see cref="GatherDeltaTask"/>.</summary>
internal sealed unsafe class GatherDeltaCpuTask<T>(GatherDeltaTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _delta = program.Locate(task.Delta);
    private readonly Matrix<T> _sum = program.Locate(task.Sum);

    public override int Rows => _sum.Rows;

    public override int Columns => _sum.Columns;

    public override bool SplitsRows => true;

    public override bool SplitsColumns => true;

    public override double Cost => task.Sum.Count * 2.0;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        T* delta = _delta.At(tile.Row, tile.Column), sum = _sum.At(tile.Row, tile.Column);
        int rows = tile.RowEnd - tile.Row;
        if (task.IsFirst) Kernels.Copy(rows, tile.Columns, delta, _delta.Stride, sum, _sum.Stride);
        else Kernels.Add(rows, tile.Columns, sum, _sum.Stride, delta, _delta.Stride, sum, _sum.Stride);
    }
}

/// <summary><see cref="DualForwardTask"/>: z = z₀ + (α k/B) G Σδ.</summary>
internal sealed unsafe class DualForwardCpuTask<T>(DualForwardTask task, CpuProgram<T> program)
    : PredictionCpuTask<T>(task.Activation, task.Output, task.Derivative, null, task.Error, program) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int EpilogueCost = 25;

    private readonly Matrix<T> _base = program.Locate(task.Base);
    private readonly Matrix<T> _gram = program.Locate(task.Gram);
    private readonly Matrix<T> _sum = program.Locate(task.Sum);

    public override double Cost => (double)Rows * Columns * (_gram.Columns + EpilogueCost);

    protected override void Product(int row, int rows, int column, int columns, T* z, int stride, T* scratch, in StepContext context) =>
        Kernels.Outer(rows, columns, _gram.Columns, _gram.At(row, 0), _gram.Stride, 1, _sum.At(0, column), _sum.Stride, z, stride, false, null);

    protected override void Finish(int row, int rows, int column, int columns, T* z, int stride, in StepContext context)
    {
        double factor = task.Optimizer.LearningRate * context.Settings.LearningRateFactor * task.Scale;
        Kernels.Scale(rows, columns, z, stride, T.CreateTruncating(factor), z, stride);
        Kernels.Add(rows, columns, z, stride, _base.At(row, column), _base.Stride, z, stride);
    }
}
