using PcKernels.Cuda.Waves;
using PcKernels.Planning;

namespace PcKernels.Cuda.Resident;

/// <summary>What NVRTC is told of the one program that it compiles the resident kernel for, so that what the program does not have falls away; native/include/pck/resident/known.cuh has the macros.</summary>
/// <param name="Samples">Samples of the kernel.</param>
/// <param name="Width">The widest input of a layer, rounded up to what a warp settles.</param>
/// <param name="Work">All that a layer does in any step.</param>
/// <param name="Activations">A bit for each activation.</param>
/// <param name="Optimizer">That of all layers.</param>
/// <param name="IsCategorical">Whether the output is.</param>
/// <param name="StartsAsMean">Whether any value starts as its prediction.</param>
internal sealed record ResidentSpecialisation(int Samples, int Width, ResidentWork Work, int Activations, OptimizerKind Optimizer, bool IsCategorical, bool StartsAsMean)
{
    /// <summary>Reads it off a program.</summary>
    public static ResidentSpecialisation Of(Program program, ResidentSchedule schedule) => new(
        ResidentShape.Samples(program.Options.Batch),
        schedule.Layers.Max(l => TileShape.Across(program.Graph.Nodes[l.Node.Of[0]].Columns, ResidentShape.WidthUnit)) * ResidentShape.WidthUnit,
        schedule.Steps.SelectMany(static s => s.Work).Aggregate(ResidentWork.None, static (all, work) => all | work),
        schedule.Layers.Aggregate(0, static (all, l) => all | 1 << (int)l.Op.Activation),
        Updates.Kind(program.Options.Optimizer),
        schedule.Layers.Any(static l => l.IsCategorical),
        schedule.Layers.Any(static l => l.StartsAsMean));

    /// <summary>The macros.</summary>
    public string[] Definitions =>
    [
        $"PCK_RESIDENT_SAMPLES={Samples}", $"PCK_RESIDENT_WIDTH={Width}", $"PCK_RESIDENT_WORK={(int)Work}", $"PCK_RESIDENT_ACTIVATIONS={Activations}",
        $"PCK_RESIDENT_OPTIMIZER={(int)Optimizer}", $"PCK_RESIDENT_CATEGORICAL={(IsCategorical ? 1 : 0)}", $"PCK_RESIDENT_MEAN_START={(StartsAsMean ? 1 : 0)}",
    ];
}
