using PcKernels.Graphs;

namespace PcKernels.Planning.Tasks;

/// <summary>One use of a parameter: δ of the node that used it and the input that it multiplied.</summary>
/// <param name="Delta">δ, <c>[rows, out]</c>.</param>
/// <param name="Input">a, <c>[rows, in]</c>.</param>
public sealed record ParameterUse(PlanBuffer Delta, PlanBuffer Input);

/// <summary>The mean gradient of a weight and its bias, −(1/B) Σ δᵀ a and −(1/B) Σ δ over all uses, and what is done with it.</summary>
public sealed record LearnTask : PlanTask
{
    /// <summary>The node that owns the parameters.</summary>
    public required Node Owner { get; init; }

    /// <summary>The uses in a fixed order; none where the gradient is known to be zero but the optimiser still steps.</summary>
    public required IReadOnlyList<ParameterUse> Uses { get; init; }

    /// <summary>−k/B, with k the output variance's factor.</summary>
    public required double Scale { get; init; }

    /// <summary>∂F/∂W, written; null where the update takes it at once.</summary>
    public PlanBuffer? WeightGradient { get; init; }

    /// <summary>∂F/∂b, written.</summary>
    public PlanBuffer? BiasGradient { get; init; }

    /// <summary>Whether the gradient is added to what the buffers hold (shares collected over levels).</summary>
    public bool Accumulates { get; init; }

    /// <summary>The step of W made while the tile is in cache; null where it comes later (clipping).</summary>
    public UpdateTask? WeightUpdate { get; init; }

    /// <summary>The step of b.</summary>
    public UpdateTask? BiasUpdate { get; init; }

    /// <inheritdoc/>
    public override string Label => $"learn {Owner.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads =>
        [.. Uses.SelectMany(static u => new[] { u.Delta, u.Input }), .. Accumulates ? Present(WeightGradient, BiasGradient) : [],
         .. (WeightUpdate?.Reads ?? []).Concat(BiasUpdate?.Reads ?? []).Where(b => b != WeightGradient && b != BiasGradient)];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes =>
        [.. Present(WeightGradient, BiasGradient), .. WeightUpdate?.Writes ?? [], .. BiasUpdate?.Writes ?? []];

    /// <inheritdoc/>
    public override int GradientProducts => Uses.Count;

    /// <inheritdoc/>
    public override long Flop => Uses.Sum(static u => 2L * u.Delta.Rows * u.Delta.Columns * u.Input.Columns);

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {Accumulates} {WeightUpdate?.Signature} {BiasUpdate?.Signature}";
}
