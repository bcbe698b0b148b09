namespace PcKernels.Graphs;

/// <summary>A directed acyclic graph of tensor-valued functions, cut into segments by its vertices. Immutable data; it knows no rule and no device.</summary>
/// <remarks>Vertices cut the graph; inside a segment derivatives flow by reverse differentiation, between segments only through prediction errors (DESIGN §2). Made by <see cref="GraphBuilder"/> or read by <see cref="ModelJson"/>. Safe to share between threads.</remarks>
public sealed class Graph
{
    private readonly Dictionary<string, int> _byName;
    private readonly Segment?[] _segments;
    private readonly int[] _levels;

    internal Graph(string name, Node[] nodes, Output[] outputs)
    {
        Storage.Arrange(nodes, outputs);
        IntegerLimits = IntegerInputs.Find(nodes);
        Name = name;
        Nodes = nodes;
        Outputs = outputs;
        _byName = nodes.ToDictionary(static n => n.Name, static n => n.Index);
        Inputs = [.. nodes.Where(static n => n.IsInput)];
        Vertices = [.. nodes.Where(static n => n.IsVertex)];
        Parameters = CollectParameters();
        _segments = [.. nodes.Select(n => n.IsVertex ? SegmentOf(n) : null)];
        Readers = FindReaders();
        _levels = FindLevels();
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>All nodes, inputs first, each after those it reads.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>The inputs of the model.</summary>
    public IReadOnlyList<Node> Inputs { get; }

    /// <summary>The nodes that own a value node, in order.</summary>
    public IReadOnlyList<Node> Vertices { get; }

    /// <summary>The outputs; their energies add.</summary>
    public IReadOnlyList<Output> Outputs { get; }

    /// <summary>Every parameter once, in the order of their owners; a learned precision's −ln π after its node's own parameters.</summary>
    public IReadOnlyList<ParameterInfo> Parameters { get; }

    /// <summary>How many different whole numbers (tokens) an input takes, counted from 0; null where it takes any numbers.</summary>
    public int? VocabularyOf(Node input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return IntegerLimits.TryGetValue(input.Index, out int limit) ? limit : null;
    }

    /// <summary>For each input of whole numbers (tokens), by its index: the numbers are 0 to less than this.</summary>
    public IReadOnlyDictionary<int, int> IntegerLimits { get; }

    /// <summary>For each node: the vertices whose segments read it (empty for links).</summary>
    public IReadOnlyList<IReadOnlyList<int>> Readers { get; }

    /// <summary>The node of that name.</summary>
    /// <exception cref="InputException">There is none; the message names the nearest.</exception>
    public Node this[string name] => _byName.TryGetValue(name, out int index)
        ? Nodes[index]
        : throw new InputException($"model '{Name}' has no node '{name}'; {Suggestion.Of(name, _byName.Keys)}");

    /// <summary>Whether a node of that name exists.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>The segment of a vertex.</summary>
    /// <exception cref="ArgumentException">The node is no vertex.</exception>
    public Segment SegmentOf(int vertex) => _segments[vertex] ?? throw new ArgumentException($"'{Nodes[vertex].Name}' is no vertex", nameof(vertex));

    /// <summary>The output record of a node, or null.</summary>
    public Output? OutputOf(int node) => Outputs.FirstOrDefault(o => o.Node == node);

    /// <summary>The length of the longest way from a vertex to an output in the graph of vertices (0 for an output that nothing reads).</summary>
    public int LevelOf(int vertex) => _levels[vertex];

    /// <summary>The largest level, so that L = <see cref="Depth"/> + 1 for a chain of L weight layers.</summary>
    public int Depth => Vertices.Count == 0 ? 0 : Vertices.Max(v => _levels[v.Index]);

    /// <summary>Identity vertices that levelling puts on each edge of the graph of vertices: level(below) − level(above) − 1 where that is positive (Z-IL paper Alg. 2, corrected).</summary>
    public IReadOnlyList<(int From, int To, int Count)> IdentitiesToLevel() =>
        [.. from w in Vertices
            from v in SegmentOf(w.Index).Below
            where Nodes[v].IsVertex && _levels[v] - _levels[w.Index] > 1
            select (v, w.Index, _levels[v] - _levels[w.Index] - 1)];

    private ParameterInfo[] CollectParameters()
    {
        var all = new List<ParameterInfo>();
        foreach (Node node in Nodes)
        {
            if (node.Owner == node.Index) all.AddRange(node.Parameters);
            if (!node.Precision.IsLearned) continue;
            int[] shape = node.Precision.Sharing == PrecisionSharing.PerVertex ? [] : [node.Units];
            all.Add(new ParameterInfo($"{node.Name}.log_variance", shape, ParameterRole.LogVariance, node.Index, 1, 1));
        }
        return [.. all];
    }

    private Segment SegmentOf(Node vertex)
    {
        var links = new SortedSet<int>();
        var below = new SortedSet<int>();
        var open = new Stack<int>(vertex.Of);
        while (open.TryPop(out int index))
        {
            if (Nodes[index].IsVertex || Nodes[index].IsInput) below.Add(index);
            else if (links.Add(index)) foreach (int next in Nodes[index].Of) open.Push(next);
        }
        return new Segment(vertex.Index, [.. links], [.. below]);
    }

    private List<int>[] FindReaders()
    {
        var readers = Nodes.Select(static _ => new List<int>()).ToArray();
        foreach (Node vertex in Vertices)
            foreach (int below in SegmentOf(vertex.Index).Below) readers[below].Add(vertex.Index);
        return readers;
    }

    private int[] FindLevels()
    {
        var levels = new int[Nodes.Count];
        for (int i = Nodes.Count - 1; i >= 0; i--)
            foreach (int reader in Readers[i]) levels[i] = Math.Max(levels[i], levels[reader] + 1);
        return levels;
    }
}
