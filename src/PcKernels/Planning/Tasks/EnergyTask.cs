using PcKernels.Graphs;

namespace PcKernels.Planning.Tasks;

/// <summary>The mean over the batch of one vertex's energy, written to the trace at (step, vertex).</summary>
public sealed record EnergyTask : PlanTask
{
    /// <summary>The vertex.</summary>
    public required Node Node { get; init; }

    /// <summary>Column of the trace.</summary>
    public required int Slot { get; init; }

    /// <summary>ε of a Gaussian vertex; null where it is known to be zero.</summary>
    public PlanBuffer? Error { get; init; }

    /// <summary>π.</summary>
    public required PrecisionSource Precision { get; init; }

    /// <summary>Target x of a categorical output.</summary>
    public PlanBuffer? Value { get; init; }

    /// <summary>μ of a categorical output.</summary>
    public PlanBuffer? Prediction { get; init; }

    /// <summary>A factor on the whole: 1/B, for a categorical output with a scaled variance 1/(k B).</summary>
    public required double Scale { get; init; }

    /// <summary>Rows of the value, for the constant −½ Σ ln π.</summary>
    public required int Rows { get; init; }

    /// <summary>Columns of the value.</summary>
    public required int Columns { get; init; }

    /// <inheritdoc/>
    public override string Label => $"energy {Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => Present(Error, Value, Prediction, Precision.PerColumn);

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [];

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {Slot} {Precision} {Scale:R}";
}
