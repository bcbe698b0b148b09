using System.Numerics;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="ForwardTask"/>: z = a Wᵀ + b.</summary>
internal sealed unsafe class ForwardCpuTask<T>(ForwardTask task, CpuProgram<T> program)
    : PredictionCpuTask<T>(task.Activation, task.Output, task.Derivative, task.Start, task.Error, program) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int EpilogueCost = 20;

    // By the whole product: every tile of it, in every wave and on any number of workers, has to have the same bits. Without a rule a sample is only
    // predicted, and its bits do not depend on the batch it is in.
    private readonly bool _transposes = program.Program.Rule is not null && Kernels.TransposesDot(task.Input.Rows, task.Weight.Rows, task.Weight.Columns);

    private readonly Matrix<T> _input = program.Locate(task.Input);
    private readonly Matrix<T> _weight = program.Locate(task.Weight);
    private readonly Matrix<T> _bias = program.Locate(task.Bias);
    private readonly Matrix<T> _preActivation = program.Locate(task.PreActivation);

    public override PlanBuffer? Weight => task.Weight;

    public override double Cost => (double)Rows * Columns * (_weight.Columns + EpilogueCost);

    public override long ScratchLength => Math.Max(base.ScratchLength, _transposes ? Kernels.TransposedScratch(BlockRows, _weight.Columns) : 0);

    protected override void Product(int row, int rows, int column, int columns, T* z, int stride, T* scratch, in StepContext context)
    {
        if (_transposes) Kernels.DotTransposed(rows, columns, _weight.Columns, _input.At(row, 0), _input.Stride, _weight.At(column, 0), _weight.Stride, z, stride, scratch);
        else Kernels.Dot(rows, columns, _weight.Columns, _input.At(row, 0), _input.Stride, _weight.At(column, 0), _weight.Stride, z, stride);
    }

    protected override void Finish(int row, int rows, int column, int columns, T* z, int stride, in StepContext context)
    {
        if (!_preActivation.Exists) return;
        if (_bias.Exists) Kernels.AddBias(rows, columns, z, stride, _bias.At(0, column));
        Kernels.Copy(rows, columns, z, stride, _preActivation.At(row, column), _preActivation.Stride);
    }

    protected override T* BiasAt(int column) => _preActivation.Exists ? null : _bias.At(0, column);
}
