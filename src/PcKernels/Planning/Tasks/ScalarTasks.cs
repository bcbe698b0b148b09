using PcKernels.Graphs;

namespace PcKernels.Planning.Tasks;

/// <summary>The factor of gradient clipping by the norm over all parameters: min(1, c / (‖g‖ + 1e-6)), as <c>torch.nn.utils.clip_grad_norm_</c>.</summary>
public sealed record ClipTask : PlanTask
{
    /// <summary>All gradients that are not zero.</summary>
    public required IReadOnlyList<PlanBuffer> Gradients { get; init; }

    /// <summary>c.</summary>
    public required double MaximumNorm { get; init; }

    /// <summary>The factor, written.</summary>
    public required PlanBuffer Factor { get; init; }

    /// <inheritdoc/>
    public override string Label => "clip";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => Gradients;

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [Factor];
}

/// <summary>Multiplies the factor on γ by d if the batch's energy has not fallen since the step before (iPC paper App. D.3).</summary>
public sealed record DiscountTask : PlanTask
{
    /// <summary>d.</summary>
    public required double Discount { get; init; }

    /// <summary>The factor, read and written.</summary>
    public required PlanBuffer Factor { get; init; }

    /// <inheritdoc/>
    public override string Label => "discount";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [Factor];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [Factor];
}

/// <summary>Sets every element of a buffer to one number.</summary>
public sealed record FillTask : PlanTask
{
    /// <summary>The buffer.</summary>
    public required PlanBuffer Target { get; init; }

    /// <summary>The number.</summary>
    public double Value { get; init; }

    /// <inheritdoc/>
    public override string Label => $"fill {Target.Name} with {Value:R}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [Target];
}

/// <summary>x ~ U(−1, 1): Philox with the run's seed, the batch's number, and the vertex's name as the stream.</summary>
public sealed record RandomTask : PlanTask
{
    /// <summary>The vertex.</summary>
    public required Node Node { get; init; }

    /// <summary>Its value, written.</summary>
    public required PlanBuffer Target { get; init; }

    /// <inheritdoc/>
    public override string Label => $"random {Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [Target];
}

/// <summary>π = e^−s per column from the learned s = ln σ² (<c>NODE.log_variance</c>).</summary>
public sealed record PrecisionTask : PlanTask
{
    /// <summary>The vertex.</summary>
    public required Node Node { get; init; }

    /// <summary>s, one or one per column.</summary>
    public required PlanBuffer LogVariance { get; init; }

    /// <summary>π per column, written.</summary>
    public required PlanBuffer Precision { get; init; }

    /// <summary>A factor on π: 1/k for an output with a scaled variance.</summary>
    public double Scale { get; init; } = 1;

    /// <inheritdoc/>
    public override string Label => $"precision {Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [LogVariance];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [Precision];
}

/// <summary>The gradient of a learned s: the batch mean of ½ Σ (1 − π ε²) over what shares it.</summary>
public sealed record PrecisionGradientTask : PlanTask
{
    /// <summary>The vertex.</summary>
    public required Node Node { get; init; }

    /// <summary>ε; null where it is known to be zero.</summary>
    public PlanBuffer? Error { get; init; }

    /// <summary>π per column.</summary>
    public required PlanBuffer Precision { get; init; }

    /// <summary>∂F/∂s, written: one, or one per column.</summary>
    public required PlanBuffer Gradient { get; init; }

    /// <summary>Rows of the value.</summary>
    public required int Rows { get; init; }

    /// <summary>k/B.</summary>
    public required double Scale { get; init; }

    /// <inheritdoc/>
    public override string Label => $"learn precision {Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => Present(Error, Precision);

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [Gradient];
}
