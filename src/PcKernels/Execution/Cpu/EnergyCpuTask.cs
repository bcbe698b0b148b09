using System.Numerics;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="EnergyTask"/>: one sum in a fixed order, so one tile.</summary>
internal sealed unsafe class EnergyCpuTask<T>(EnergyTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _error = program.Locate(task.Error);
    private readonly Matrix<T> _value = program.Locate(task.Value);
    private readonly Matrix<T> _prediction = program.Locate(task.Prediction);
    private readonly Matrix<T> _precision = program.Locate(task.Precision.PerColumn);

    public override double Cost => (double)task.Rows * task.Columns * 2;

    public override void Run(in Tile tile, in StepContext context, T* scratch) =>
        program.Trace[(context.Row + task.StepOffset) * program.Program.EnergySlots.Count + task.Slot] = task.Scale * Sum();

    private double Sum()
    {
        if (_prediction.Exists) return Kernels.CrossEntropy(task.Rows, task.Columns, _prediction.At(0, 0), _prediction.Stride, _value.At(0, 0), _value.Stride);
        double squares = _error.Exists
            ? Kernels.SumSquares(task.Rows, task.Columns, _error.At(0, 0), _error.Stride, _precision.At(0, 0), T.CreateTruncating(task.Precision.Constant))
            : 0;
        return 0.5 * (squares - task.Rows * LogPrecision());
    }

    private double LogPrecision()
    {
        if (!_precision.Exists) return task.Columns * Math.Log(task.Precision.Constant);
        double sum = 0;
        for (int c = 0; c < task.Columns; c++) sum += Math.Log(double.CreateTruncating(*_precision.At(0, c)));
        return sum;
    }
}
