using System.Text.Json;

namespace PcKernels.Graphs.Ops;

/// <summary>How a parameter starts where a scheme does not say otherwise.</summary>
public enum ParameterStart
{
    /// <summary>By the scheme's bound and the fans: weights and biases of products.</summary>
    Fans,

    /// <summary>Standard normal numbers under <c>PyTorch</c>'s scheme, as <c>torch.nn.Embedding</c>; else by the fans.</summary>
    Normal,

    /// <summary>1 under every scheme: the weight of a normalisation.</summary>
    One,

    /// <summary>0 under every scheme: the bias of a normalisation.</summary>
    Zero,
}

/// <summary>A parameter that an op needs.</summary>
/// <param name="Role">What it is.</param>
/// <param name="Shape">Extents.</param>
/// <param name="FanIn">Elements that one output sums over.</param>
/// <param name="FanOut">Outputs that one input reaches.</param>
/// <param name="Start">How it starts.</param>
public sealed record ParameterNeed(ParameterRole Role, IReadOnlyList<int> Shape, int FanIn, int FanOut, ParameterStart Start = ParameterStart.Fans);

/// <summary>How an op wants its tensors to lie in memory.</summary>
internal enum Arrangement
{
    /// <summary>As they come.</summary>
    Any,

    /// <summary>Its inputs and its value lie alike: it works element by element.</summary>
    Alike,

    /// <summary>A row per position: it works on the last dimension.</summary>
    Positions,

    /// <summary>A row per sample: it works on whole images.</summary>
    Samples,
}

/// <summary>
/// One operation of the model file, as one record: its name, its keys, the shapes that fit, its parameters, and what its products cost. The catalogue
/// (<see cref="OpCatalog"/>) adds how it is read and examples; a device has one kernel for it, with the value and the derivative for each
/// input and parameter. Gradient checks, device suites, benchmarks and the table of support go through the catalogue.
/// </summary>
/// <remarks>A derivative reads inputs, parameters and the error above, never the op's own value, which a vertex replaces by x.</remarks>
public abstract record Op
{
    /// <summary>The name in the model file.</summary>
    public abstract string Name { get; }

    /// <summary>The least and greatest number of inputs.</summary>
    public virtual (int Least, int Most) Arity => (1, 1);

    /// <summary>Matrix products of the value.</summary>
    public virtual int Products => 0;

    /// <summary>Matrix products of the derivative with respect to one input.</summary>
    public virtual int InputProducts => Products;

    /// <summary>Matrix products of the derivative with respect to the parameters.</summary>
    public virtual int ParameterProducts => Products;

    /// <summary>Whether its inputs are whole numbers (tokens), through which no derivative flows.</summary>
    public virtual bool ReadsIntegers => false;

    internal virtual Arrangement Arrangement => Arrangement.Any;

    /// <summary>The activation after the function (f(W x + b)).</summary>
    public virtual Activation Outer => Activation.Identity;

    /// <summary>The activation of the input before the function (W f(x) + b).</summary>
    public virtual Activation Inner => Activation.Identity;

    /// <summary>The parameters for inputs of the given shapes.</summary>
    public virtual IReadOnlyList<ParameterNeed> Needs(IReadOnlyList<IReadOnlyList<int>> inputs) => [];

    /// <summary>The shape of the value for inputs of the given shapes.</summary>
    /// <exception cref="InputException">The shapes do not fit; the message has no node name, the graph adds it.</exception>
    public abstract int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs);

    /// <summary>Floating-point operations of one of its products on one sample, two per multiply-add.</summary>
    /// <param name="inputs">Shapes of the inputs, one sample each.</param>
    public virtual long Flop(IReadOnlyList<IReadOnlyList<int>> inputs) => 0;

    /// <summary>Writes the op's own keys into an open JSON object.</summary>
    public virtual void WriteKeys(Utf8JsonWriter writer) { }
}
