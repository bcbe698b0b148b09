using PcKernels.Graphs;

namespace PcKernels.Planning.Tasks;

/// <summary>The error of a vertex whose prediction still stands: only its value has moved.</summary>
public sealed record ErrorTask : PlanTask
{
    /// <summary>The vertex.</summary>
    public required Node Node { get; init; }

    /// <summary>μ as kept; null for the prior of a root, whose prediction is 0.</summary>
    public PlanBuffer? Prediction { get; init; }

    /// <summary>f′ as kept; null where f is the identity.</summary>
    public PlanBuffer? Derivative { get; init; }

    /// <summary>What is written.</summary>
    public required ErrorEpilogue Error { get; init; }

    /// <inheritdoc/>
    public override string Label => $"error {Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => Present(Prediction, Derivative, Error.Value, Error.Precision.PerColumn);

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => Present(Error.Error, Error.Delta);

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {Error.Signature}";
}
