using System.Text.Json;

namespace PcKernels.Graphs.Ops;

/// <summary>y = f(W ∗ x + b), or W ∗ f(x) + b: the cross-correlation of an image with square kernels, zeros around it. W is <c>[channels, in/groups, kernel, kernel]</c>, b is <c>[channels]</c>.</summary>
/// <param name="Channels">Channels of the result, ≥ 1, a multiple of <paramref name="Groups"/>.</param>
/// <param name="Kernel">Side of the kernel, ≥ 1.</param>
/// <param name="Stride">Elements from place to place, ≥ 1.</param>
/// <param name="Padding">Zeros on each side, ≥ 0.</param>
/// <param name="Groups">Channels are cut into as many groups that do not see each other, ≥ 1.</param>
/// <param name="Bias">Whether b is there.</param>
/// <param name="Activation">f.</param>
/// <param name="Form">Where f is applied.</param>
public sealed record Conv2dOp(int Channels, int Kernel, int Stride = 1, int Padding = 0, int Groups = 1, bool Bias = true,
    Activation Activation = Activation.Identity, ActivationForm Form = ActivationForm.Post) : Op
{
    /// <inheritdoc/>
    public override string Name => "conv2d";

    /// <inheritdoc/>
    public override int Products => 1;

    /// <inheritdoc/>
    public override Activation Outer => Form == ActivationForm.Post ? Activation : Activation.Identity;

    /// <inheritdoc/>
    public override Activation Inner => Form == ActivationForm.Pre ? Activation : Activation.Identity;

    internal override Arrangement Arrangement => Arrangement.Samples;

    internal Window Window => new(Kernel, Stride, Padding);

    /// <inheritdoc/>
    public override IReadOnlyList<ParameterNeed> Needs(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        long area = (long)Kernel * Kernel;
        int fanIn = (int)Math.Min(int.MaxValue, inputs[0][0] / Groups * area), fanOut = (int)Math.Min(int.MaxValue, Channels / Groups * area);
        var weight = new ParameterNeed(ParameterRole.Weight, [Channels, inputs[0][0] / Groups, Kernel, Kernel], fanIn, fanOut);
        return Bias ? [weight, new ParameterNeed(ParameterRole.Bias, [Channels], fanIn, fanOut)] : [weight];
    }

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        IReadOnlyList<int> image = Dimensions.Image(Name, inputs[0]);
        if (Channels < 1) throw new InputException($"channels {Channels} must be ≥ 1");
        if (Groups < 1) throw new InputException($"groups {Groups} must be ≥ 1");
        if (Channels % Groups != 0 || image[0] % Groups != 0)
            throw new InputException($"groups {Groups} must divide the {image[0]} channels of the input and the {Channels} of the result");
        (int height, int width) = Window.Over(image);
        return [Channels, height, width];
    }

    /// <inheritdoc/>
    public override long Flop(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int[] value = Infer(inputs);
        return 2L * Dimensions.Count(value) * (inputs[0][0] / Groups) * Kernel * Kernel;
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("channels", Channels);
        writer.WriteNumber("kernel", Kernel);
        if (Stride != 1) writer.WriteNumber("stride", Stride);
        if (Padding != 0) writer.WriteNumber("padding", Padding);
        if (Groups != 1) writer.WriteNumber("groups", Groups);
        LinearOp.WriteProduct(writer, Bias, Activation, Form);
    }
}
