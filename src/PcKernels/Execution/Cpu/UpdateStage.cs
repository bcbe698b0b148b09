using System.Numerics;
using PcKernels.Execution.Kernels;
using PcKernels.Optimizers;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary>One optimiser step of a block of a parameter.</summary>
internal readonly unsafe struct UpdateStage<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly UpdateTask _task;
    private readonly Matrix<T> _first, _second;

    public UpdateStage(UpdateTask task, CpuProgram<T> program)
    {
        _task = task;
        Parameter = program.Locate(task.Parameter);
        _first = task.State.Count > 0 ? program.Locate(task.State[0]) : default;
        _second = task.State.Count > 1 ? program.Locate(task.State[1]) : default;
    }

    /// <summary>θ.</summary>
    public Matrix<T> Parameter { get; }

    /// <summary>Whether a gradient may come without its factor.</summary>
    public bool TakesScale => _task.Optimizer is Sgd { Momentum: 0 };

    /// <summary>Asks for rows of θ to be brought near while something else is done.</summary>
    public void Fetch(int row, int rows)
    {
        for (int r = row; r < row + rows; r++)
        {
            T* from = Parameter.At(r, 0);
            for (int c = 0; c < Parameter.Columns; c += Prefetch.LineBytes / sizeof(T)) Prefetch.Far(from + c);
        }
    }

    /// <summary>Moves a block by a gradient of the parameter's stride, times a factor that is one unless <see cref="TakesScale"/>; a null gradient means zero.</summary>
    public void Run(CpuKernels<T> kernels, int row, int rows, int column, int columns, T* gradient, T scale, in StepContext context)
    {
        T* theta = Parameter.At(row, column);
        int stride = Parameter.Stride;
        double rate = _task.Optimizer.LearningRate * context.Settings.LearningRateFactor;
        double decay = _task.WeightDecay;
        long number = context.Update + _task.UpdateOffset + 1;
        switch (_task.Optimizer)
        {
            case Sgd { Momentum: > 0 } sgd:
                kernels.Momentum(rows, columns, stride, theta, gradient, _first.At(row, column), rate, sgd.Momentum, decay, sgd.Nesterov, number == 1);
                break;
            case Sgd:
                kernels.Sgd(rows, columns, stride, theta, gradient, scale, rate, decay);
                break;
            case Adam adam:
                kernels.Adam(rows, columns, stride, theta, gradient, _first.At(row, column), _second.At(row, column), rate, adam.Beta1, adam.Beta2, adam.Epsilon,
                    decay, false, 1 - Math.Pow(adam.Beta1, number), 1 - Math.Pow(adam.Beta2, number));
                break;
            case AdamW adam:
                kernels.Adam(rows, columns, stride, theta, gradient, _first.At(row, column), _second.At(row, column), rate, adam.Beta1, adam.Beta2, adam.Epsilon,
                    decay, true, 1 - Math.Pow(adam.Beta1, number), 1 - Math.Pow(adam.Beta2, number));
                break;
            default:
                throw new NotSupportedException($"the cpu has no step for {_task.Optimizer.GetType().Name}");
        }
    }
}
