namespace PcKernels.Graphs.Ops;

/// <summary>An input of the model: a clamped value that the batch supplies.</summary>
/// <param name="Shape">Shape of one sample.</param>
public sealed record InputOp(IReadOnlyList<int> Shape) : Op
{
    /// <inheritdoc/>
    public override string Name => "input";

    /// <inheritdoc/>
    public override (int Least, int Most) Arity => (0, 0);

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs) => [.. Shape];
}
