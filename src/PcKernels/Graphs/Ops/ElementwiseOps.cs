using System.Text.Json;

namespace PcKernels.Graphs.Ops;

/// <summary>The elementwise product of two or more inputs of one shape.</summary>
public sealed record MultiplyOp : Op
{
    /// <inheritdoc/>
    public override string Name => "multiply";

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

/// <summary>y = factor · x.</summary>
/// <param name="Factor">A finite number.</param>
public sealed record ScaleOp(double Factor) : Op
{
    /// <inheritdoc/>
    public override string Name => "scale";

    internal override Arrangement Arrangement => Arrangement.Alike;

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return double.IsFinite(Factor) ? [.. inputs[0]] : throw new InputException($"factor {Factor} must be a finite number");
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("factor", Factor);
    }
}

/// <summary>While training each element is 0 with probability p, else x / (1 − p); a prediction leaves x as it is.</summary>
/// <remarks>
/// Element i of batch n is dropped where the number n·count + i of the Philox stream of <c>dropout/NODE</c> is below p, count being the elements of a
/// batch: the same on every device, and the same in all steps and segments of a batch, so that ε starts at exactly 0.
/// </remarks>
/// <param name="Probability">p in [0, 1).</param>
public sealed record DropoutOp(double Probability = 0.5) : Op
{
    /// <inheritdoc/>
    public override string Name => "dropout";

    internal override Arrangement Arrangement => Arrangement.Alike;

    /// <summary>The node whose numbers a copy in a levelled graph uses; null for its own.</summary>
    internal string? Stream { get; init; }

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return Probability is >= 0 and < 1 ? [.. inputs[0]] : throw new InputException($"p {Probability} must be ≥ 0 and < 1");
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Probability != 0.5) writer.WriteNumber("p", Probability);
    }
}
