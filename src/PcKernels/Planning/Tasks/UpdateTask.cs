using PcKernels.Optimizers;

namespace PcKernels.Planning.Tasks;

/// <summary>One optimiser step of one parameter.</summary>
public sealed record UpdateTask : PlanTask
{
    /// <summary>θ.</summary>
    public required PlanBuffer Parameter { get; init; }

    /// <summary>The mean gradient; null for a gradient that is known to be zero, or that the enclosing task holds in cache.</summary>
    public PlanBuffer? Gradient { get; init; }

    /// <summary>Moments, as many as the optimiser has.</summary>
    public IReadOnlyList<PlanBuffer> State { get; init; } = [];

    /// <summary>The optimiser; its learning rate is multiplied by the schedule's factor at run time.</summary>
    public required Optimizer Optimizer { get; init; }

    /// <summary>λ of this parameter (a learned precision has its own).</summary>
    public double WeightDecay { get; init; }

    /// <summary>A number that multiplies the gradient (clipping), or null.</summary>
    public PlanBuffer? GradientFactor { get; init; }

    /// <summary>Which update within one round of its phase.</summary>
    public int UpdateOffset { get; init; }

    /// <inheritdoc/>
    public override string Label => $"update {Parameter.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [Parameter, .. Present(Gradient, GradientFactor), .. State];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [Parameter, .. State];

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {WeightDecay:R}";
}
