namespace PcKernels.Graphs.Ops;

/// <summary>The elementwise sum of two or more inputs of one shape.</summary>
public sealed record AddOp : Op
{
    /// <inheritdoc/>
    public override string Name => "add";

    /// <inheritdoc/>
    public override (int Least, int Most) Arity => (2, int.MaxValue);

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        foreach (IReadOnlyList<int> shape in inputs)
        {
            if (!shape.SequenceEqual(inputs[0]))
                throw new InputException($"add needs inputs of one shape, not {Tensor.FormatShape(inputs[0])} and {Tensor.FormatShape(shape)}");
        }
        return [.. inputs[0]];
    }
}
