using System.Numerics;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="UpdateTask"/> on its own: after clipping, or of a learned precision.</summary>
internal sealed unsafe class UpdateCpuTask<T>(UpdateTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Block = 16;

    private readonly UpdateStage<T> _update = new(task, program);
    private readonly Matrix<T> _gradient = program.Locate(task.Gradient);
    private readonly Matrix<T> _factor = program.Locate(task.GradientFactor);

    public override int Rows => _update.Parameter.Rows;

    public override int Columns => _update.Parameter.Columns;

    public override bool SplitsRows => true;

    public override double Cost => (double)Rows * Columns * 4;

    public override long ScratchLength => (long)Block * _update.Parameter.Stride;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        for (int row = tile.Row; row < tile.RowEnd; row += Block)
        {
            int rows = Math.Min(Block, tile.RowEnd - row);
            T* gradient = _gradient.At(row, 0);
            if (_factor.Exists && gradient != null)
            {
                Kernels.Scale(rows, Columns, gradient, _gradient.Stride, *_factor.At(0, 0), scratch, _gradient.Stride);
                gradient = scratch;
            }
            _update.Run(Kernels, row, rows, 0, Columns, gradient, T.One, context);
        }
    }
}
