namespace PcKernels.Rules;

/// <summary>Forward, backward, update over the uncut graph: no hidden vertex.</summary>
public sealed record Backpropagation : Rule
{
    /// <inheritdoc/>
    public override string Name => "bp";
}
