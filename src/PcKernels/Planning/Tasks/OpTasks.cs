using PcKernels.Graphs;
using PcKernels.Graphs.Ops;

namespace PcKernels.Planning.Tasks;

/// <summary>What an op is called with: its node, what it reads and its parameters.</summary>
/// <param name="Node">The node.</param>
/// <param name="Sources">The nodes it reads, for their shapes.</param>
/// <param name="Inputs">Their values, each a matrix of its source's rows and columns.</param>
/// <param name="Parameters">Its parameters in the order of <see cref="Op.Needs"/>.</param>
public sealed record OpCall(Node Node, IReadOnlyList<Node> Sources, IReadOnlyList<PlanBuffer> Inputs, IReadOnlyList<PlanBuffer> Parameters)
{
    /// <summary>Shapes of the inputs, one sample each.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Shapes => [.. Sources.Select(static s => s.Shape)];

    /// <summary>Samples.</summary>
    public int Batch => Inputs[0].Rows / Sources[0].RowsPerSample;

    /// <summary>Floating-point operations of one product over the batch.</summary>
    internal long Flop => Batch * Node.Op.Flop(Shapes);
}

/// <summary>The prediction of any op but the linear layer and sums: y = f(op(inputs)), with what follows from it while the sample is in cache.</summary>
public sealed record OpForwardTask : PlanTask
{
    /// <summary>The op and what it reads.</summary>
    public required OpCall Call { get; init; }

    /// <summary>f.</summary>
    public Activation Activation { get; init; }

    /// <summary>y; null where only the error is wanted.</summary>
    public PlanBuffer? Output { get; init; }

    /// <summary>f′; null where nobody reads it later.</summary>
    public PlanBuffer? Derivative { get; init; }

    /// <summary>A value that starts as y.</summary>
    public PlanBuffer? Start { get; init; }

    /// <summary>The error, if this is a vertex's own function.</summary>
    public ErrorEpilogue? Error { get; init; }

    /// <inheritdoc/>
    public override string Label => $"{(Start is null ? "predict" : "start")} {Call.Node.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [.. Call.Inputs, .. Call.Parameters, .. Present(Error?.Value, Error?.Precision.PerColumn)];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => Present(Output, Derivative, Start, Error?.Error, Error?.Delta);

    /// <inheritdoc/>
    public override int Products => Call.Node.Op.Products;

    /// <inheritdoc/>
    public override long Flop => Products * Call.Flop;

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {Activation} {Error?.Signature} {Output?.Id},{Derivative?.Id},{Start?.Id}";
}

/// <summary>What an op sends down: (∂y/∂input)ᵀ δ for the inputs that somebody wants it for.</summary>
public sealed record OpBackwardTask : PlanTask
{
    /// <summary>The op and what it reads.</summary>
    public required OpCall Call { get; init; }

    /// <summary>δ above, after f′.</summary>
    public required PlanBuffer Delta { get; init; }

    /// <summary>One per input, written; null where nobody wants it.</summary>
    public required IReadOnlyList<PlanBuffer?> Adjoints { get; init; }

    /// <summary>The region's name where several hold the node.</summary>
    public string Name { get; init; } = "";

    /// <inheritdoc/>
    public override string Label => $"pull {Name} to {string.Join(", ", Call.Sources.Where((_, k) => Adjoints[k] is not null).Select(static s => s.Name))}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [Delta, .. Call.Inputs, .. Call.Parameters];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => Present([.. Adjoints]);

    /// <inheritdoc/>
    public override int Products => Adjoints.Count(static a => a is not null) * Call.Node.Op.InputProducts;

    /// <inheritdoc/>
    public override long Flop => Products * Call.Flop;

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {string.Join(',', Adjoints.Select(static a => a?.Id))}";
}

/// <summary>One use of parameters by an op: its call and the δ above it.</summary>
/// <param name="Call">The op and what it read.</param>
/// <param name="Delta">δ.</param>
public sealed record OpUse(OpCall Call, PlanBuffer Delta);

/// <summary>The mean gradients of an op's parameters, −(1/B) Σ (∂y/∂θ)ᵀ δ over all uses; the moves follow as tasks of their own.</summary>
public sealed record OpLearnTask : PlanTask
{
    /// <summary>The node that owns the parameters.</summary>
    public required Node Owner { get; init; }

    /// <summary>The uses in a fixed order, at least one.</summary>
    public required IReadOnlyList<OpUse> Uses { get; init; }

    /// <summary>−k/B, with k the output variance's factor.</summary>
    public required double Scale { get; init; }

    /// <summary>∂F/∂θ, one per parameter, written.</summary>
    public required IReadOnlyList<PlanBuffer> Gradients { get; init; }

    /// <summary>Whether the gradients are added to what the buffers hold (shares collected over levels).</summary>
    public bool Accumulates { get; init; }

    /// <inheritdoc/>
    public override string Label => $"learn {Owner.Name}";

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Reads => [.. Uses.SelectMany(static u => u.Call.Inputs.Concat(u.Call.Parameters).Append(u.Delta)), .. Accumulates ? Gradients : []];

    /// <inheritdoc/>
    public override IEnumerable<PlanBuffer> Writes => Gradients;

    /// <inheritdoc/>
    public override int GradientProducts => Uses.Sum(static u => u.Call.Node.Op.ParameterProducts);

    /// <inheritdoc/>
    public override long Flop => Uses.Sum(static u => u.Call.Node.Op.ParameterProducts * u.Call.Flop);

    /// <inheritdoc/>
    public override string Signature => $"{base.Signature} {Accumulates}";
}
