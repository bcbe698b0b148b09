using PcKernels.Graphs;

namespace PcKernels.Planning.Tasks;

/// <summary>A linear layer's prediction: y = f(a Wᵀ + b), rows by rows, with what follows from it while the tile is in cache.</summary>
public sealed record ForwardTask : PlanTask
{
    /// <summary>The node.</summary>
    public required Node Node { get; init; }

    /// <summary>a, <c>[rows, in]</c>.</summary>
    public required PlanBuffer Input { get; init; }

    /// <summary>W, <c>[out, in]</c>.</summary>
    public required PlanBuffer Weight { get; init; }

    /// <summary>b, <c>[out]</c>, or null.</summary>
    public PlanBuffer? Bias { get; init; }

    /// <summary>f.</summary>
    public Activation Activation { get; init; }

    /// <summary>z = a Wᵀ + b before f, <c>[rows, out]</c>; null but where the dual form goes on from it.</summary>
    public PlanBuffer? PreActivation { get; init; }

    /// <summary>y, <c>[rows, out]</c>; null where only the error is wanted.</summary>
    public PlanBuffer? Output { get; init; }

    /// <summary>f′, <c>[rows, out]</c>; null where nobody reads it later.</summary>
    public PlanBuffer? Derivative { get; init; }

    /// <summary>A value that starts as y; null but in the feedforward start.</summary>
    public PlanBuffer? Start { get; init; }

    /// <summary>The error, if this is a vertex's own function.</summary>
    public ErrorEpilogue? Error { get; init; }

    /// <inheritdoc/>
    public override string Label => $"{(Start is null ? "predict" : "start")} {Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => Present(Input, Weight, Bias, Error?.Value, Error?.Precision.PerColumn);

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => Present(PreActivation, Output, Derivative, Start, Error?.Error, Error?.Delta);

    /// <inheritdoc/>
    public override int Products => 1;

    /// <inheritdoc/>
    public override long Flop => 2L * Input.Rows * Weight.Rows * Weight.Columns;

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {Error?.Signature} {PreActivation?.Id},{Output?.Id},{Derivative?.Id},{Start?.Id}";
}
