using PcKernels.Planning.Tasks;

namespace PcKernels.Planning;

/// <summary>Tasks none of which reads or writes what another writes: they may run at the same moment.</summary>
/// <param name="Tasks">The tasks.</param>
public sealed record Wave(IReadOnlyList<PlanTask> Tasks)
{
    /// <summary>Matrix products on values and errors.</summary>
    public int Products => Tasks.Sum(static t => t.Products);

    /// <summary>Matrix products that only form parameter gradients.</summary>
    public int GradientProducts => Tasks.Sum(static t => t.GradientProducts);

    /// <summary>Floating-point operations of its products.</summary>
    public long Flop => Tasks.Sum(static t => t.Flop);
}
