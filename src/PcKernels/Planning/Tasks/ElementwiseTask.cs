using PcKernels.Graphs;

namespace PcKernels.Planning.Tasks;

/// <summary>y = f(Σ inputs), elementwise: activation nodes, sums, identity vertices, and activated inputs of the form W f(x) + b.</summary>
public sealed record ElementwiseTask : PlanTask
{
    /// <summary>The node whose function it is, or whose value is activated.</summary>
    public required Node Node { get; init; }

    /// <summary>What is summed, each <c>[rows, columns]</c>.</summary>
    public required IReadOnlyList<PlanBuffer> Inputs { get; init; }

    /// <summary>f.</summary>
    public Activation Activation { get; init; }

    /// <summary>y; null where only the error is wanted.</summary>
    public PlanBuffer? Output { get; init; }

    /// <summary>f′; null where nobody reads it.</summary>
    public PlanBuffer? Derivative { get; init; }

    /// <summary>A value that starts as y.</summary>
    public PlanBuffer? Start { get; init; }

    /// <summary>The error, if this is a vertex's own function.</summary>
    public ErrorEpilogue? Error { get; init; }

    /// <inheritdoc/>
    public override string Label => Output?.Role == BufferRole.Activated
        ? $"activate {Activations.Name(Activation)}({Inputs[0].Name})"
        : $"{(Start is null ? "predict" : "start")} {Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [.. Inputs, .. Present(Error?.Value, Error?.Precision.PerColumn)];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => Present(Output, Derivative, Start, Error?.Error, Error?.Delta);

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {Activation} {Error?.Signature} {Output?.Id},{Derivative?.Id},{Start?.Id}";
}
