using PcKernels.Graphs;

namespace PcKernels.Planning.Emission;

/// <summary>A node inside a region, with what is known of its buffers while tasks are written.</summary>
internal sealed class RegionNode(Region region, Node node)
{
    public Region Region { get; } = region;

    public Node Node { get; } = node;

    /// <summary>The value, where it is kept.</summary>
    public PlanBuffer? Output { get; set; }

    /// <summary>f′, where it is kept.</summary>
    public PlanBuffer? Derivative { get; set; }

    /// <summary>δ as its inputs' adjoints read it.</summary>
    public PlanBuffer? Delta { get; set; }

    /// <summary>ε of a sink.</summary>
    public PlanBuffer? Error { get; set; }

    /// <summary>When its value was last computed.</summary>
    public long OutputStamp { get; set; }

    /// <summary>Whether δ (and ε) are known to be zero.</summary>
    public bool IsZero { get; set; }

    /// <summary>The stamps of all it was last computed from; null where nothing stands.</summary>
    public string? PredictedFrom { get; set; }

    /// <summary>The stamps that its error was last computed from.</summary>
    public string? ErrorFrom { get; set; }
}

/// <summary>Nodes that are evaluated together: a segment, or for BP and for predictions the whole uncut graph.</summary>
internal sealed class Region
{
    private readonly Dictionary<int, RegionNode> _byIndex;

    private Region(string suffix, IEnumerable<Node> nodes, Func<Node, bool> isSink)
    {
        Suffix = suffix;
        Nodes = [.. nodes.Select(n => new RegionNode(this, n))];
        _byIndex = Nodes.ToDictionary(static n => n.Node.Index);
        Sinks = [.. Nodes.Where(n => isSink(n.Node))];
    }

    /// <summary>Distinguishes this region's copy of a link that several segments hold.</summary>
    public string Suffix { get; }

    /// <summary>All its nodes in the order of the graph.</summary>
    public IReadOnlyList<RegionNode> Nodes { get; }

    /// <summary>The vertex above, or the outputs of the uncut graph.</summary>
    public IReadOnlyList<RegionNode> Sinks { get; }

    /// <summary>The node of that index, or null where it is below the region.</summary>
    public RegionNode? Find(int index) => _byIndex.GetValueOrDefault(index);

    /// <summary>One region per vertex.</summary>
    public static Region[] Cut(Graph graph) =>
        [.. graph.Vertices.Select(v =>
        {
            Segment segment = graph.SegmentOf(v.Index);
            return new Region($"@{v.Name}", segment.Links.Append(v.Index).Select(i => graph.Nodes[i]), n => n.Index == v.Index);
        })];

    /// <summary>The uncut graph.</summary>
    public static Region Uncut(Graph graph) =>
        new("", graph.Nodes.Where(static n => !n.IsInput), n => graph.OutputOf(n.Index) is not null);
}
