using System.Numerics;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="ElementwiseTask"/>: z = Σ inputs.</summary>
internal sealed unsafe class ElementwiseCpuTask<T>(ElementwiseTask task, CpuProgram<T> program)
    : PredictionCpuTask<T>(task.Activation, task.Output, task.Derivative, task.Start, task.Error, program) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T>[] _inputs = [.. task.Inputs.Select(i => program.Locate(i))];

    public override double Cost => (double)Rows * Columns * 10;

    protected override void Product(int row, int rows, int column, int columns, T* z, int stride, T* scratch, in StepContext context)
    {
        // There is none: the terms are added row by row.
    }

    protected override void Finish(int row, int rows, int column, int columns, T* z, int stride, in StepContext context)
    {
        Kernels.Copy(rows, columns, _inputs[0].At(row, column), _inputs[0].Stride, z, stride);
        for (int i = 1; i < _inputs.Length; i++) Kernels.Add(rows, columns, z, stride, _inputs[i].At(row, column), _inputs[i].Stride, z, stride);
    }
}
