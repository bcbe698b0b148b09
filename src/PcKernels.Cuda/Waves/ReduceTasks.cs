using PcKernels.Initialization;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Waves;

/// <summary>Tasks without a product as the kernels read them.</summary>
internal static class ReduceTasks
{
    private const int Threads = 128;
    private const int ClipElements = 16384;
    private const int MostClipTiles = 1024;

    /// <summary>The task.</summary>
    /// <exception cref="NotSupportedException">The kernels do not know it.</exception>
    public static DeviceTask Make(PlanTask task, Func<PlanBuffer?, DeviceView> locate, EnergyLayout energies) => task switch
    {
        EnergyTask energy => Of(energy.Prediction is null ? TaskKind.Energy : TaskKind.CategoricalEnergy, energy.Rows, energy.Columns, new ReduceWork
        {
            Error = locate(energy.Error),
            Value = locate(energy.Value),
            Prediction = locate(energy.Prediction),
            Precision = locate(energy.Precision.PerColumn),
            Weight = energy.Precision.Constant,
            Scale = energy.Scale,
            FirstPartial = energies.First(energy.Slot),
            RowsPerTile = EnergyLayout.RowsPerTile(energy.Rows, energy.Columns),
            Step = energy.StepOffset,
        }),
        DiscountTask discount => Of(TaskKind.Discount, 1, 1, new ReduceWork { Result = locate(discount.Factor), Scale = discount.Discount, Step = discount.StepOffset }),
        FillTask fill => Of(TaskKind.Fill, fill.Target.Rows, fill.Target.Columns, new ReduceWork { Result = locate(fill.Target), Scale = fill.Value }),
        RandomTask random => Of(TaskKind.Random, random.Target.Rows, random.Target.Columns,
            new ReduceWork { Result = locate(random.Target), Stream = Initializers.StreamOf($"value/{random.Node.Name}") }),
        PrecisionTask precision => Of(TaskKind.Precision, 1, precision.Precision.Columns,
            new ReduceWork { Value = locate(precision.LogVariance), Precision = locate(precision.Precision), Scale = precision.Scale }),
        PrecisionGradientTask gradient => Of(TaskKind.PrecisionGradient, gradient.Rows, gradient.Precision.Columns,
            new ReduceWork { Error = locate(gradient.Error), Precision = locate(gradient.Precision), Result = locate(gradient.Gradient), Scale = gradient.Scale }),
        _ => throw new NotSupportedException($"the kernels know no '{task}'"),
    };

    /// <summary>The extent of one tile.</summary>
    public static TileShape Step(in DeviceTask task) => task.Kind switch
    {
        TaskKind.Energy or TaskKind.CategoricalEnergy => new TileShape(ShapeName.Middle, task.Reduce.RowsPerTile, task.Columns),
        TaskKind.Fill or TaskKind.Random => TileShape.Middle,
        TaskKind.Precision => new TileShape(ShapeName.Middle, 1, Threads),
        TaskKind.PrecisionGradient => new TileShape(ShapeName.Middle, task.Rows, task.Reduce.Result.Columns == 1 ? task.Columns : Threads),
        _ => new TileShape(ShapeName.Middle, 1, 1),
    };

    /// <summary>Rows of a gradient that one tile of the norm sums.</summary>
    public static int ClipRows(IReadOnlyList<PlanBuffer> gradients)
    {
        long elements = gradients.Sum(static g => g.Count), rows = gradients.Sum(static g => (long)g.Rows);
        long tiles = Math.Clamp(elements / ClipElements, 1, MostClipTiles);
        return (int)Math.Clamp((rows + tiles - 1) / tiles, 1, int.MaxValue);
    }

    private static DeviceTask Of(TaskKind kind, int rows, int columns, in ReduceWork work) => new() { Kind = kind, Rows = rows, Columns = columns, Partner = -1, Reduce = work };
}
