namespace PcKernels.Graphs.Ops;

/// <summary>y = f(x), elementwise.</summary>
/// <param name="Activation">f; the op has its name.</param>
public sealed record ElementwiseOp(Activation Activation) : Op
{
    /// <inheritdoc/>
    public override string Name => Activations.Name(Activation);

    /// <inheritdoc/>
    public override Activation Outer => Activation;

    internal override Arrangement Arrangement => Arrangement.Alike;

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return [.. inputs[0]];
    }
}
