using PcKernels.Graphs.Ops;

namespace PcKernels.Graphs;

/// <summary>What a parameter is to the node that owns it.</summary>
public enum ParameterRole
{
    /// <summary>The matrix of a product, <c>[out, in]</c>.</summary>
    Weight,

    /// <summary>An added vector, <c>[out]</c>.</summary>
    Bias,

    /// <summary>−ln π of a vertex with a learned precision, <c>[]</c> or <c>[units]</c>.</summary>
    LogVariance,
}

/// <summary>A parameter as files name it.</summary>
/// <param name="Name">Owner's name and role, such as <c>h1.weight</c>.</param>
/// <param name="Shape">Extents as in PyTorch.</param>
/// <param name="Role">What it is to its owner.</param>
/// <param name="Owner">Index of the node that owns it.</param>
/// <param name="FanIn">Elements that one output sums over (for initialisation).</param>
/// <param name="FanOut">Outputs that one input reaches.</param>
/// <param name="Start">How it starts.</param>
public sealed record ParameterInfo(string Name, IReadOnlyList<int> Shape, ParameterRole Role, int Owner, int FanIn, int FanOut, ParameterStart Start = ParameterStart.Fans)
{
    /// <summary>Number of elements.</summary>
    public long Count => Tensor.CountOf(Shape);
}
