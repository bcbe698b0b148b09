using PcKernels.Graphs;

namespace PcKernels.Planning.Tasks;

/// <summary>One addend of an adjoint: δ W, times f′ of the reader's inner activation; or δ itself where <paramref name="Weight"/> is null.</summary>
/// <param name="Delta">δ of the reader, <c>[rows, out]</c>.</param>
/// <param name="Weight">W of the reader, <c>[out, in]</c>, or null.</param>
/// <param name="InnerDerivative">f′ at the value read, <c>[rows, in]</c>, or null.</param>
public sealed record AdjointTerm(PlanBuffer Delta, PlanBuffer? Weight, PlanBuffer? InnerDerivative);

/// <summary>Moves a value: g = π ε − adjoint, x −= γ g (or γ/π g).</summary>
/// <param name="Value">x before.</param>
/// <param name="NewValue">x after; the same buffer, or another where somebody still reads the old one.</param>
/// <param name="Error">ε, or null where it is known to be zero or the root has no prior.</param>
/// <param name="Precision">π.</param>
/// <param name="Gamma">γ.</param>
/// <param name="GammaFactor">A number that multiplies γ at run time (discount), or null.</param>
/// <param name="Velocity">v of the value's momentum, or null.</param>
/// <param name="Momentum">m.</param>
/// <param name="DividesByPrecision">Whether the step is γ/π (Z-IL and FPA).</param>
public sealed record SettleEpilogue(PlanBuffer Value, PlanBuffer NewValue, PlanBuffer? Error, PrecisionSource Precision, double Gamma,
    PlanBuffer? GammaFactor, PlanBuffer? Velocity, double Momentum, bool DividesByPrecision);

/// <summary>Sums what all readers send down to one node, then moves its value or passes the error on.</summary>
public sealed record GatherTask : PlanTask
{
    /// <summary>The node that receives.</summary>
    public required Node Node { get; init; }

    /// <summary>The addends in a fixed order.</summary>
    public required IReadOnlyList<AdjointTerm> Terms { get; init; }

    /// <summary>For a free vertex.</summary>
    public SettleEpilogue? Settle { get; init; }

    /// <summary>For a vertex whose prediction still stands after it moved: its new error at once (Z-IL).</summary>
    public ErrorTask? Then { get; init; }

    /// <summary>For a link: f′ of its own function, or null.</summary>
    public PlanBuffer? Derivative { get; init; }

    /// <summary>For a link: δ, written.</summary>
    public PlanBuffer? Delta { get; init; }

    /// <summary>For a link: vertices that its δ alone moves, as it is. They move while it is in cache.</summary>
    public IReadOnlyList<GatherTask> Followers { get; init; } = [];

    /// <inheritdoc/>
    public override string Label => string.Join(", ", [$"{(Settle is null ? "descend" : "settle")} {Node.Name}", .. Followers.Select(static f => f.Label)]);

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads =>
        [.. Terms.SelectMany(static t => Present(t.Delta, t.Weight, t.InnerDerivative)),
         .. Present(Derivative, Settle?.Value, Settle?.Error, Settle?.Precision.PerColumn, Settle?.GammaFactor, Settle?.Velocity),
         .. Then is null ? [] : Then.Reads.Where(b => b != Settle?.NewValue),
         .. Followers.SelectMany(static f => f.Reads).Where(b => b != Delta)];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => [.. Present(Delta, Settle?.NewValue, Settle?.Velocity), .. Then?.Writes ?? [], .. Followers.SelectMany(static f => f.Writes)];

    /// <inheritdoc/>
    public override int Products => Terms.Count(static t => t.Weight is not null);

    /// <inheritdoc/>
    public override long Flop => Terms.Sum(static t => t.Weight is null ? 0 : 2L * t.Delta.Rows * t.Weight.Rows * t.Weight.Columns);

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {Settle?.NewValue.Id},{Settle?.Error?.Id},{Settle?.Gamma:R},{Settle?.Momentum:R},{Settle?.DividesByPrecision} {Then?.Signature} {Delta?.Id} {string.Join(' ', Followers.Select(static f => f.Signature))}";
}
