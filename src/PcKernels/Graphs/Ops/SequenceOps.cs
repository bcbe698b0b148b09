using System.Text.Json;

namespace PcKernels.Graphs.Ops;

/// <summary>e^x / Σ e^x along a dimension.</summary>
/// <param name="Dim">The dimension, the last by default.</param>
public sealed record SoftmaxOp(int Dim = -1) : Op
{
    /// <inheritdoc/>
    public override string Name => "softmax";

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        _ = Dimensions.Resolve(Dim, inputs[0].Count);
        return [.. inputs[0]];
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Dim != -1) writer.WriteNumber("dim", Dim);
    }
}

/// <summary>(x − mean) / √(variance + eps) · weight + bias over the last dimension n, the variance divided by n. weight and bias are <c>[n]</c>.</summary>
/// <param name="Epsilon">The key <c>eps</c>, &gt; 0.</param>
public sealed record LayerNormOp(double Epsilon = 1e-5) : Op
{
    /// <inheritdoc/>
    public override string Name => "layer_norm";

    internal override Arrangement Arrangement => Arrangement.Positions;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterNeed> Needs(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int width = inputs[0][^1];
        return [new(ParameterRole.Weight, [width], 1, 1, ParameterStart.One), new(ParameterRole.Bias, [width], 1, 1, ParameterStart.Zero)];
    }

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (!double.IsFinite(Epsilon) || Epsilon <= 0) throw new InputException($"eps {Epsilon} must be a finite number > 0");
        return inputs[0].Count > 0 ? [.. inputs[0]] : throw new InputException("layer_norm needs an input with at least one dimension");
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Epsilon != 1e-5) writer.WriteNumber("eps", Epsilon);
    }
}

/// <summary>Rows of a table, picked by an integer input: each number becomes <c>weight[number]</c>. weight is <c>[vocabulary, units]</c>.</summary>
/// <param name="Vocabulary">Rows, ≥ 1; inputs are 0 to vocabulary − 1.</param>
/// <param name="Units">Features of a row, ≥ 1.</param>
public sealed record EmbeddingOp(int Vocabulary, int Units) : Op
{
    /// <inheritdoc/>
    public override string Name => "embedding";

    /// <inheritdoc/>
    public override bool ReadsIntegers => true;

    internal override Arrangement Arrangement => Arrangement.Positions;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterNeed> Needs(IReadOnlyList<IReadOnlyList<int>> inputs) =>
        [new(ParameterRole.Weight, [Vocabulary, Units], Vocabulary, Units, ParameterStart.Normal)];

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (Vocabulary < 1) throw new InputException($"vocabulary {Vocabulary} must be ≥ 1");
        if (Units < 1) throw new InputException($"units {Units} must be ≥ 1");
        return [.. inputs[0], Units];
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("vocabulary", Vocabulary);
        writer.WriteNumber("units", Units);
    }
}

/// <summary>y = x + weight, a parameter for every position: weight has the shape of one sample <c>[positions, features]</c>.</summary>
public sealed record PositionalOp : Op
{
    /// <inheritdoc/>
    public override string Name => "positional";

    internal override Arrangement Arrangement => Arrangement.Positions;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterNeed> Needs(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return [new(ParameterRole.Weight, [.. inputs[0]], inputs[0][0], inputs[0][1], ParameterStart.Normal)];
    }

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs[0].Count == 2 ? [.. inputs[0]] : throw new InputException($"positional needs a sequence [positions, features], not {Tensor.FormatShape(inputs[0])}");
    }
}

/// <summary>Attention in heads: head i has the features i·D/heads …; softmax(q kᵀ / √(D/heads)) v per head, heads side by side.</summary>
/// <remarks>Inputs are query <c>[S, D]</c>, key <c>[R, D]</c> and value <c>[R, D]</c>. Causal: position s sees t ≤ s, and then R = S. Source: Vaswani et al. 2017, eq. 1.</remarks>
/// <param name="Heads">≥ 1, divides D.</param>
/// <param name="Causal">Whether a position sees only itself and those before it.</param>
public sealed record AttentionOp(int Heads, bool Causal = false) : Op
{
    /// <inheritdoc/>
    public override string Name => "attention";

    /// <inheritdoc/>
    public override (int Least, int Most) Arity => (3, 3);

    /// <inheritdoc/>
    public override int Products => 2;

    /// <inheritdoc/>
    public override int InputProducts => 2;

    /// <inheritdoc/>
    public override int ParameterProducts => 0;

    internal override Arrangement Arrangement => Arrangement.Positions;

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        IReadOnlyList<int> query = inputs[0], key = inputs[1], value = inputs[2];
        if (query.Count != 2 || key.Count != 2 || !key.SequenceEqual(value) || query[1] != key[1])
            throw new InputException($"attention needs query [S, D], key [R, D] and value [R, D], not {Tensor.FormatShape(query)}, {Tensor.FormatShape(key)} and {Tensor.FormatShape(value)}");
        if (Heads < 1 || query[1] % Heads != 0) throw new InputException($"heads {Heads} must divide the {query[1]} features");
        if (Causal && query[0] != key[0]) throw new InputException($"causal attention needs as many queries as keys, not {query[0]} and {key[0]}");
        return [.. query];
    }

    /// <inheritdoc/>
    public override long Flop(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return 2L * inputs[0][0] * inputs[1][0] * inputs[0][1];
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("heads", Heads);
        if (Causal) writer.WriteBoolean("causal", true);
    }
}
