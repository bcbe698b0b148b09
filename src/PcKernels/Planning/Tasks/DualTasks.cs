using PcKernels.Graphs;
using PcKernels.Optimizers;

namespace PcKernels.Planning.Tasks;

/// <summary>The Gram matrix of a clamped operand, G = a aᵀ (+ 𝟏𝟏ᵀ for the bias): all that the dual form needs of a wide input, once per batch.</summary>
public sealed record GramTask : PlanTask
{
    /// <summary>The node whose operand it is.</summary>
    public required Node Node { get; init; }

    /// <summary>a, <c>[rows, in]</c>.</summary>
    public required PlanBuffer Input { get; init; }

    /// <summary>Whether a bias moves along.</summary>
    public required bool HasBias { get; init; }

    /// <summary>G, <c>[rows, rows]</c>, written.</summary>
    public required PlanBuffer Gram { get; init; }

    /// <inheritdoc/>
    public override string Label => $"gram {Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [Input];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [Gram];

    /// <inheritdoc/>
    public override int GradientProducts => 1;

    /// <inheritdoc/>
    public override long Flop => 2L * Input.Rows * Input.Rows * Input.Columns;
}

/// <summary>Dual form: Σ δ over the moves of θ so far, in place of a gradient.</summary>
public sealed record GatherDeltaTask : PlanTask
{
    /// <summary>The node that learns.</summary>
    public required Node Node { get; init; }

    /// <summary>δ at this move, <c>[rows, out]</c>.</summary>
    public required PlanBuffer Delta { get; init; }

    /// <summary>Σ δ, <c>[rows, out]</c>, written.</summary>
    public required PlanBuffer Sum { get; init; }

    /// <summary>Whether the sum begins here.</summary>
    public required bool IsFirst { get; init; }

    /// <inheritdoc/>
    public override string Label => $"gather {Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => IsFirst ? [Delta] : [Delta, Sum];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [Sum];
}

/// <summary>Dual form of a prediction whose operand is clamped while plain SGD moves W: y = f(z₀ + (α k/B) G Σδ), with z₀ at the batch's first W, which is not read.</summary>
public sealed record DualForwardTask : PlanTask
{
    /// <summary>The node.</summary>
    public required Node Node { get; init; }

    /// <summary>z₀ = a W(0)ᵀ + b(0), <c>[rows, out]</c>.</summary>
    public required PlanBuffer Base { get; init; }

    /// <summary>G, <c>[rows, rows]</c>.</summary>
    public required PlanBuffer Gram { get; init; }

    /// <summary>Σ δ, <c>[rows, out]</c>.</summary>
    public required PlanBuffer Sum { get; init; }

    /// <summary>k/B, with k the output variance's factor.</summary>
    public required double Scale { get; init; }

    /// <summary>Whose learning rate α is; the schedule's factor multiplies it at run time.</summary>
    public required Optimizer Optimizer { get; init; }

    /// <summary>f.</summary>
    public Activation Activation { get; init; }

    /// <summary>y, <c>[rows, out]</c>; null where only the error is wanted.</summary>
    public PlanBuffer? Output { get; init; }

    /// <summary>f′, <c>[rows, out]</c>; null where nobody reads it later.</summary>
    public PlanBuffer? Derivative { get; init; }

    /// <summary>The error, if this is a vertex's own function.</summary>
    public ErrorEpilogue? Error { get; init; }

    /// <inheritdoc/>
    public override string Label => $"predict {Node.Name} (dual)";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [Base, Gram, Sum, .. Present(Error?.Value, Error?.Precision.PerColumn)];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => Present(Output, Derivative, Error?.Error, Error?.Delta);

    /// <inheritdoc/>
    public override int Products => 1;

    /// <inheritdoc/>
    public override long Flop => 2L * Gram.Rows * Gram.Columns * Sum.Columns;

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {Error?.Signature} {Output?.Id},{Derivative?.Id}";
}
