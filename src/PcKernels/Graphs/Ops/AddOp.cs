namespace PcKernels.Graphs.Ops;

/// <summary>The elementwise sum of two or more inputs of one shape.</summary>
public sealed record AddOp : Op
{
    /// <inheritdoc/>
    public override string Name => "add";

    /// <inheritdoc/>
    public override (int Least, int Most) Arity => (2, int.MaxValue);

    internal override Arrangement Arrangement => Arrangement.Alike;

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return Dimensions.SameShape(Name, inputs);
    }
}
