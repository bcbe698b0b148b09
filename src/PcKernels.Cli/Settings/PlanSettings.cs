using PcKernels.Planning;
using PcKernels.Training;

namespace PcKernels.Cli.Settings;

/// <summary>What a trainer takes, as the planner takes it.</summary>
internal static class PlanSettings
{
    /// <summary>The planner's options for a batch size; the same that a trainer would use.</summary>
    public static PlanOptions ToPlan(this TrainingOptions options, int batch) => new()
    {
        Batch = batch,
        Optimizer = options.Optimizer,
        Plain = options.Plain,
        Dual = options.Dual,
        KeepGradients = options.KeepGradients,
        FinalErrors = options.FinalErrors,
        ClipNorm = options.ClipNorm,
        OutputVariance = options.OutputVariance,
        PrecisionDecay = options.PrecisionDecay,
    };
}
