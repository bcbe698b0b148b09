namespace PcKernels.Graphs;

/// <summary>An output of a model: a vertex whose value the target clamps while training.</summary>
/// <param name="Node">Index of the node.</param>
/// <param name="Likelihood">Its energy.</param>
public sealed record Output(int Node, Likelihood Likelihood);
