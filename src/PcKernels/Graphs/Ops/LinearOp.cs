using System.Text.Json;

namespace PcKernels.Graphs.Ops;

/// <summary>Where a layer applies its activation.</summary>
public enum ActivationForm
{
    /// <summary>f(W x + b): the activation is the last thing the node does.</summary>
    Post,

    /// <summary>W f(x) + b: it is applied to the node's input first.</summary>
    Pre,
}

/// <summary>y = f(W x + b), or W f(x) + b, on the last dimension; every position alike. W is <c>[units, in]</c>, b is <c>[units]</c>.</summary>
/// <param name="Units">Extent of the result's last dimension, ≥ 1.</param>
/// <param name="Bias">Whether b is there.</param>
/// <param name="Activation">f.</param>
/// <param name="Form">Where f is applied.</param>
public sealed record LinearOp(int Units, bool Bias = true, Activation Activation = Activation.Identity, ActivationForm Form = ActivationForm.Post) : Op
{
    /// <inheritdoc/>
    public override string Name => "linear";

    /// <inheritdoc/>
    public override int Products => 1;

    internal override Arrangement Arrangement => Arrangement.Positions;

    /// <inheritdoc/>
    public override Activation Outer => Form == ActivationForm.Post ? Activation : Activation.Identity;

    /// <inheritdoc/>
    public override Activation Inner => Form == ActivationForm.Pre ? Activation : Activation.Identity;

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterNeed> Needs(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int width = inputs[0][^1];
        var weight = new ParameterNeed(ParameterRole.Weight, [Units, width], width, Units);
        return Bias ? [weight, new ParameterNeed(ParameterRole.Bias, [Units], width, Units)] : [weight];
    }

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (Units < 1) throw new InputException($"units {Units} must be ≥ 1");
        if (inputs[0].Count == 0) throw new InputException("linear needs an input with at least one dimension");
        return [.. inputs[0].Take(inputs[0].Count - 1), Units];
    }

    /// <inheritdoc/>
    public override long Flop(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return 2L * Dimensions.Count(inputs[0]) * Units;
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("units", Units);
        WriteProduct(writer, Bias, Activation, Form);
    }

    /// <summary>Writes the keys that all ops with a product have.</summary>
    internal static void WriteProduct(Utf8JsonWriter writer, bool bias, Activation activation, ActivationForm form)
    {
        if (!bias) writer.WriteBoolean("bias", false);
        if (activation == Activation.Identity) return;
        writer.WriteString("activation", Activations.Name(activation));
        if (form == ActivationForm.Pre) writer.WriteString("form", "Wf(x)+b");
    }
}
