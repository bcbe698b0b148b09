namespace PcKernels.Planning.Tasks;

/// <summary>Same-owner update: whoever learns a tile of W predicts with it next, so that W passes through once for both.</summary>
/// <remarks>Tiles are columns of the prediction (rows of W) over the whole batch: δ of those columns is read before it is written anew.</remarks>
public sealed record LearnForwardTask : PlanTask
{
    /// <summary>First: the gradient and the update of the layer's own parameters.</summary>
    public required LearnTask Learn { get; init; }

    /// <summary>Then: the prediction with the new parameters.</summary>
    public required ForwardTask Forward { get; init; }

    /// <inheritdoc/>
    public override string Label => $"learn and predict {Forward.Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => Learn.Reads.Concat(Forward.Reads);

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => Learn.Writes.Concat(Forward.Writes);

    /// <inheritdoc/>
    public override int Products => Forward.Products;

    /// <inheritdoc/>
    public override int GradientProducts => Learn.GradientProducts;

    /// <inheritdoc/>
    public override long Flop => Learn.Flop + Forward.Flop;

    /// <inheritdoc/>
    public override string Signature => $"{Learn.Signature} + {Forward.Signature}";
}
