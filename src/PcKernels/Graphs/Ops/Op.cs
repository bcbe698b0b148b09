using System.Text.Json;

namespace PcKernels.Graphs.Ops;

/// <summary>A parameter that an op needs.</summary>
/// <param name="Role">What it is.</param>
/// <param name="Shape">Extents.</param>
/// <param name="FanIn">Elements that one output sums over.</param>
/// <param name="FanOut">Outputs that one input reaches.</param>
public sealed record ParameterNeed(ParameterRole Role, IReadOnlyList<int> Shape, int FanIn, int FanOut);

/// <summary>One operation of the model file: its name, its keys, its shapes and its parameters. How it is computed is the planner's and the devices' matter.</summary>
public abstract record Op
{
    /// <summary>The name in the model file.</summary>
    public abstract string Name { get; }

    /// <summary>The least and greatest number of inputs.</summary>
    public virtual (int Least, int Most) Arity => (1, 1);

    /// <summary>The parameters for inputs of the given shapes.</summary>
    public virtual IReadOnlyList<ParameterNeed> Needs(IReadOnlyList<IReadOnlyList<int>> inputs) => [];

    /// <summary>The shape of the value for inputs of the given shapes.</summary>
    /// <exception cref="InputException">The shapes do not fit; the message has no node name, the graph adds it.</exception>
    public abstract int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs);

    /// <summary>Writes the op's own keys into an open JSON object.</summary>
    public virtual void WriteKeys(Utf8JsonWriter writer) { }
}
