using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;

namespace PcKernels.Training;

/// <summary>How a model is trained. Every property has a sensible default.</summary>
public sealed record TrainingOptions
{
    /// <summary>The rule; iPC with T = 8 and γ = 0.3 by default.</summary>
    public Rule Rule { get; init; } = new IncrementalPredictiveCoding();

    /// <summary>The optimiser of the parameters.</summary>
    public Optimizer Optimizer { get; init; } = new Adam(1e-3);

    /// <summary>The learning rate's course, counted in batches.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant();

    /// <summary>Batches of the whole run, for a cosine.</summary>
    public long TotalBatches { get; init; }

    /// <summary>c of gradient clipping by the norm over all parameters, or null.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>k: the output's variance and all gradients are multiplied by k (Zahid et al. 3.3).</summary>
    public double OutputVariance { get; init; } = 1;

    /// <summary>λ of learned precisions.</summary>
    public double PrecisionDecay { get; init; }

    /// <summary>F32 or F64.</summary>
    public DType DType { get; init; } = DType.F32;

    /// <summary>Seed of random starts.</summary>
    public ulong Seed { get; init; }

    /// <summary>Switches the planner's exact savings off.</summary>
    public bool Plain { get; init; }

    /// <summary>Whether layers on a clamped input learn in dual form, where the device knows it.</summary>
    public DualForm Dual { get; init; }

    /// <summary>Whether gradients can be read after a step.</summary>
    public bool KeepGradients { get; init; }

    /// <summary>Whether iPC also takes energies and errors after its last move, and Z-IL leaves the values and errors of hidden vertices to be read (the other rules have them anyway).</summary>
    public bool FinalErrors { get; init; }
}
