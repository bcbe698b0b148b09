namespace PcKernels.Graphs;

/// <summary>All links between the vertices (or inputs) below and one vertex above, together with that vertex's own function.</summary>
/// <param name="Vertex">Index of the vertex above.</param>
/// <param name="Links">Indices of the links in it, in the order of the graph. A link that two segments read is in both.</param>
/// <param name="Below">Indices of the vertices and inputs it reads, in the order of the graph.</param>
public sealed record Segment(int Vertex, IReadOnlyList<int> Links, IReadOnlyList<int> Below);
