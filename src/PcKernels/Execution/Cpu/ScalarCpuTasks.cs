using System.Numerics;
using PcKernels.Initialization;
using PcKernels.Planning.Tasks;
using PcKernels.Randomness;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="ClipTask"/>.</summary>
internal sealed unsafe class ClipCpuTask<T>(ClipTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const double Margin = 1e-6;
    private readonly Matrix<T>[] _gradients = [.. task.Gradients.Select(g => program.Locate(g))];
    private readonly Matrix<T> _factor = program.Locate(task.Factor);

    public override double Cost => task.Gradients.Sum(static g => (double)g.Count);

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        double sum = 0;
        foreach (Matrix<T> gradient in _gradients) sum += Kernels.SumSquares(gradient.Rows, gradient.Columns, gradient.At(0, 0), gradient.Stride, null, T.One);
        *_factor.At(0, 0) = T.CreateTruncating(Math.Min(1.0, task.MaximumNorm / (Math.Sqrt(sum) + Margin)));
    }
}

/// <summary><see cref="DiscountTask"/>.</summary>
internal sealed unsafe class DiscountCpuTask<T>(DiscountTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _factor = program.Locate(task.Factor);

    public override double Cost => 1;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        int row = context.Row + task.StepOffset;
        if (Energy(row) >= Energy(row - 1)) *_factor.At(0, 0) *= T.CreateTruncating(task.Discount);
    }

    private double Energy(int row)
    {
        int slots = program.Program.EnergySlots.Count;
        double sum = 0;
        for (int i = 0; i < slots; i++) sum += program.Trace[row * slots + i];
        return sum;
    }
}

/// <summary><see cref="FillTask"/>.</summary>
internal sealed unsafe class FillCpuTask<T>(FillTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _target = program.Locate(task.Target);

    public override int Rows => _target.Rows;

    public override bool SplitsRows => true;

    public override double Cost => task.Target.Count;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        for (int row = tile.Row; row < tile.RowEnd; row++) new Span<T>(_target.At(row, 0), _target.Columns).Fill(T.CreateTruncating(task.Value));
    }
}

/// <summary><see cref="RandomTask"/>: the element's number in the batch, offset by the batch's number, is the counter.</summary>
internal sealed unsafe class RandomCpuTask<T>(RandomTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _target = program.Locate(task.Target);
    private const int NumbersAtOnce = 256;
    private readonly ulong _stream = Initializers.StreamOf($"value/{task.Node.Name}");

    public override int Rows => _target.Rows;

    public override bool SplitsRows => true;

    public override double Cost => task.Target.Count * 5.0;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        var random = new Philox(context.Settings.Seed, _stream);
        Span<float> numbers = stackalloc float[NumbersAtOnce];
        ulong before = (ulong)context.Settings.Batch * (ulong)task.Target.Count;
        for (int row = tile.Row; row < tile.RowEnd; row++)
        {
            T* x = _target.At(row, 0);
            ulong first = before + (ulong)row * (ulong)_target.Columns;
            for (int from = 0; from < _target.Columns; from += numbers.Length)
            {
                Span<float> part = numbers[..Math.Min(numbers.Length, _target.Columns - from)];
                PhiloxVector.UniformSingles(random, first + (ulong)from, part);
                for (int c = 0; c < part.Length; c++) x[from + c] = T.CreateTruncating(2 * part[c] - 1);
            }
        }
    }
}

/// <summary><see cref="PrecisionTask"/>.</summary>
internal sealed unsafe class PrecisionCpuTask<T>(PrecisionTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _logVariance = program.Locate(task.LogVariance);
    private readonly Matrix<T> _precision = program.Locate(task.Precision);

    public override double Cost => task.Precision.Columns * 20.0;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        for (int c = 0; c < _precision.Columns; c++)
        {
            // A channel of an image spans several columns.
            double logVariance = double.CreateTruncating(*_logVariance.At(0, c / (_precision.Columns / _logVariance.Columns)));
            *_precision.At(0, c) = T.CreateTruncating(task.Scale * Math.Exp(-logVariance));
        }
    }
}

/// <summary><see cref="PrecisionGradientTask"/>.</summary>
internal sealed unsafe class PrecisionGradientCpuTask<T>(PrecisionGradientTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _error = program.Locate(task.Error);
    private readonly Matrix<T> _precision = program.Locate(task.Precision);
    private readonly Matrix<T> _gradient = program.Locate(task.Gradient);

    public override double Cost => (double)task.Rows * task.Precision.Columns * 4;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        int span = _precision.Columns / _gradient.Columns;
        for (int unit = 0; unit < _gradient.Columns; unit++)
        {
            double sum = 0;
            for (int c = unit * span; c < (unit + 1) * span; c++) sum += Column(c);
            *_gradient.At(0, unit) = T.CreateTruncating(sum);
        }
    }

    private double Column(int c)
    {
        double squares = 0;
        for (int r = 0; r < task.Rows && _error.Exists; r++)
        {
            double error = double.CreateTruncating(*_error.At(r, c));
            squares += error * error;
        }
        return 0.5 * task.Scale * (task.Rows - double.CreateTruncating(*_precision.At(0, c)) * squares);
    }
}
