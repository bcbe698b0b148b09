using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Waves;

/// <summary>Optimiser steps as the kernels read them.</summary>
internal static class Updates
{
    /// <summary>A step; nothing for null.</summary>
    /// <exception cref="NotSupportedException">The kernels do not know the optimiser.</exception>
    public static UpdateWork Make(UpdateTask? task, Func<PlanBuffer?, DeviceView> locate)
    {
        if (task is null) return default;
        var work = new UpdateWork
        {
            Parameter = locate(task.Parameter),
            First = task.State.Count > 0 ? locate(task.State[0]) : default,
            Second = task.State.Count > 1 ? locate(task.State[1]) : default,
            Rate = task.Optimizer.LearningRate,
            Decay = task.WeightDecay,
            Offset = task.UpdateOffset,
        };
        work.Optimizer = Kind(task.Optimizer);
        return task.Optimizer switch
        {
            Sgd sgd => work with { Momentum = sgd.Momentum },
            Adam adam => work with { Beta1 = adam.Beta1, Beta2 = adam.Beta2, Epsilon = adam.Epsilon },
            AdamW adam => work with { Beta1 = adam.Beta1, Beta2 = adam.Beta2, Epsilon = adam.Epsilon },
            _ => work,
        };
    }

    /// <summary>An optimiser's step.</summary>
    /// <exception cref="NotSupportedException">The kernels do not know the optimiser.</exception>
    public static OptimizerKind Kind(Optimizer optimizer) => optimizer switch
    {
        Sgd { Momentum: > 0, Nesterov: true } => OptimizerKind.Nesterov,
        Sgd { Momentum: > 0 } => OptimizerKind.Momentum,
        Sgd => OptimizerKind.Sgd,
        Adam => OptimizerKind.Adam,
        AdamW => OptimizerKind.AdamW,
        _ => throw new NotSupportedException($"the kernels have no step for {optimizer.GetType().Name}"),
    };

    /// <summary>The decays of the moments whose powers a run needs; zero for optimisers without.</summary>
    public static (double Beta1, double Beta2) Betas(Optimizer optimizer) => optimizer switch
    {
        Adam adam => (adam.Beta1, adam.Beta2),
        AdamW adam => (adam.Beta1, adam.Beta2),
        _ => (0, 0),
    };
}
