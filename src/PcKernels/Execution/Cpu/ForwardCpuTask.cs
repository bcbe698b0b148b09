using System.Numerics;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="ForwardTask"/>: z = a Wᵀ + b.</summary>
internal sealed unsafe class ForwardCpuTask<T>(ForwardTask task, CpuProgram<T> program)
    : PredictionCpuTask<T>(task.Activation, task.Output, task.Derivative, task.Start, task.Error, program) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int EpilogueCost = 20;

    private readonly Matrix<T> _input = program.Locate(task.Input);
    private readonly Matrix<T> _weight = program.Locate(task.Weight);
    private readonly Matrix<T> _bias = program.Locate(task.Bias);
    private readonly Matrix<T> _preActivation = program.Locate(task.PreActivation);

    public override PlanBuffer? Weight => task.Weight;

    public override double Cost => (double)Rows * Columns * (_weight.Columns + EpilogueCost);

    protected override void Product(int row, int rows, int column, int columns, T* z, int stride, T* scratch, in StepContext context) =>
        Kernels.Dot(rows, columns, _weight.Columns, _input.At(row, 0), _input.Stride, _weight.At(column, 0), _weight.Stride, z, stride);

    protected override void Finish(int row, int rows, int column, int columns, T* z, int stride, in StepContext context)
    {
        if (_bias.Exists) Kernels.AddBias(rows, columns, z, stride, _bias.At(0, column));
        if (_preActivation.Exists) Kernels.Copy(rows, columns, z, stride, _preActivation.At(row, column), _preActivation.Stride);
    }
}
