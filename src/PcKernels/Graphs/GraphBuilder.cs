using PcKernels.Graphs.Ops;

namespace PcKernels.Graphs;

/// <summary>Builds a <see cref="Graph"/> node by node. Each error is thrown where the node is added and names it.</summary>
public sealed class GraphBuilder
{
    private const long MostElements = 1 << 30;
    private readonly List<Node> _nodes = [];
    private readonly List<Output> _outputs = [];
    private readonly HashSet<int> _precisionGiven = [];
    private readonly string _name;

    /// <summary>Starts a graph.</summary>
    public GraphBuilder(string name) => _name = name;

    /// <summary>Adds an input of the model; inputs come before all other nodes.</summary>
    /// <param name="name">Its name, unique.</param>
    /// <param name="shape">Shape of one sample.</param>
    /// <exception cref="InputException">The name is taken, an extent is not positive, or another node came before.</exception>
    public GraphBuilder Input(string name, params int[] shape)
    {
        if (_nodes.Any(static n => !n.IsInput)) throw new InputException($"input '{name}' comes after other nodes; add the inputs first");
        return Append(name, new InputOp(shape), [], false, null, null);
    }

    /// <summary>Adds a node.</summary>
    /// <param name="name">Its name, unique; may be a module path.</param>
    /// <param name="op">Its function.</param>
    /// <param name="of">Names of the nodes it reads, added before.</param>
    /// <param name="vertex">Whether it owns a value node; by default nodes with parameters and roots do.</param>
    /// <param name="precision">Precision of its error, default 1; vertices only.</param>
    /// <param name="parameters">The node whose parameters it uses; by default its own.</param>
    /// <exception cref="InputException">A name is taken or unknown, shapes do not fit, or a setting does not apply.</exception>
    public GraphBuilder Add(string name, Op op, IReadOnlyList<string> of, bool? vertex = null, Precision? precision = null, string? parameters = null)
    {
        ArgumentNullException.ThrowIfNull(op);
        ArgumentNullException.ThrowIfNull(of);
        return Append(name, op, [.. of.Select(o => Find(name, o))], vertex, precision, parameters);
    }

    /// <summary>Adds a node that owns parameters under the names of another: the first copy of an owner, whichever node it is.</summary>
    internal GraphBuilder AddOwner(string name, Op op, IReadOnlyList<string> of, bool vertex, Precision? precision, string namedAfter) =>
        Append(name, op, [.. of.Select(o => Find(name, o))], vertex, precision, null, namedAfter);

    /// <summary>Declares an output; it becomes a vertex.</summary>
    /// <exception cref="InputException">There is no such node, it is an input, a root or an output already, or a categorical output has a precision.</exception>
    public GraphBuilder Output(string node, Likelihood likelihood = Likelihood.Gaussian)
    {
        int index = _nodes.FindIndex(n => n.Name == node);
        if (index < 0) throw new InputException($"output '{node}' is no node; {Suggestion.Of(node, _nodes.Select(static n => n.Name))}");
        Node old = _nodes[index];
        if (old.IsInput || old.IsRoot) throw new InputException($"output '{node}' is {(old.IsInput ? "an input" : "a root")}; an output needs a prediction");
        if (_outputs.Any(o => o.Node == index)) throw new InputException($"output '{node}' is declared twice");
        if (likelihood == Likelihood.Categorical && !old.Precision.IsOne)
            throw new InputException($"output '{node}' is categorical and has a precision; remove \"precision\" or use \"gaussian\"");
        _nodes[index] = new Node(index, old.Name, old.Op, [.. old.Of], [.. old.Shape], true, old.Precision, old.Owner, [.. old.Parameters]);
        _outputs.Add(new Output(index, likelihood));
        return this;
    }

    /// <summary>Whether a node of that name was added.</summary>
    internal bool Contains(string name) => _nodes.Any(n => n.Name == name);

    /// <summary>Checks the whole and makes the graph.</summary>
    /// <exception cref="InputException">There is no output, or a node reaches none.</exception>
    public Graph Build()
    {
        if (_outputs.Count == 0) throw new InputException($"model '{_name}' has no output");
        var reaches = new bool[_nodes.Count];
        foreach (Output output in _outputs) reaches[output.Node] = true;
        for (int i = _nodes.Count - 1; i >= 0; i--)
            if (reaches[i]) foreach (int below in _nodes[i].Of) reaches[below] = true;
        Node? loose = _nodes.FirstOrDefault(n => !reaches[n.Index]);
        if (loose is not null) throw new InputException($"node '{loose.Name}' reaches no output; read it from another node or remove it");
        foreach (Node node in _nodes.Where(n => !n.IsVertex && _precisionGiven.Contains(n.Index)))
            throw new InputException($"node '{node.Name}' has a precision but is no vertex; add \"vertex\": true or remove \"precision\"");
        var graph = new Graph(_name, [.. _nodes], [.. _outputs]);
        foreach (Node node in graph.Vertices) CheckPrecisions(node);
        return graph;
    }

    private static void CheckPrecisions(Node node)
    {
        if (node.Precision.Sharing != PrecisionSharing.PerUnit) return;
        if (node.Precision.Initial.Count != 1 && node.Precision.Initial.Count != node.Units)
            throw new InputException($"node '{node.Name}': {node.Precision.Initial.Count} precisions for {node.Units} units; give one number or {node.Units}");
        if (node.IsImage && !node.HoldsSamples)
            throw new InputException($"node '{node.Name}': a precision per channel of an image that is also read position by position; put a reshape between them, or use \"per\": \"vertex\"");
    }

    private GraphBuilder Append(string name, Op op, int[] of, bool? vertex, Precision? precision, string? parameters, string? namedAfter = null)
    {
        if (string.IsNullOrEmpty(name)) throw new InputException("a node has no name; give every node a \"name\"");
        if (name.Contains('/', StringComparison.Ordinal)) throw new InputException($"node '{name}': '/' is kept for results such as value/NODE; use '.' in module paths");
        if (name.Any(char.IsControl)) throw new InputException($"node '{name}': a name holds no line breaks or other control characters");
        if (_nodes.Any(n => n.Name == name)) throw new InputException($"node '{name}' is there twice; names are unique");
        (int least, int most) = op.Arity;
        if (of.Length < least || of.Length > most)
            throw new InputException($"node '{name}': {op.Name} reads {(least == most ? $"{least}" : $"{least} or more")} {(most == 1 ? "node" : "nodes")}, not {of.Length}");
        IReadOnlyList<int>[] shapes = [.. of.Select(i => _nodes[i].Shape)];
        int[] shape = Infer(name, op, shapes);
        int index = _nodes.Count;
        (int owner, ParameterInfo[] own) = Parameters(index, name, op, shapes, parameters, namedAfter ?? name);
        bool isVertex = vertex ?? (own.Length > 0 || op is RootOp);
        if (op is RootOp && !isVertex) throw new InputException($"node '{name}': a root always is a vertex; remove \"vertex\": false");
        Precision used = precision ?? Precision.One;
        if (precision is not null && op is RootOp { Prior: RootPrior.None })
            throw new InputException($"node '{name}': a root with prior 'none' has no energy and so no precision; use \"prior\": \"gaussian\"");
        if (precision is not null) _precisionGiven.Add(index);
        _nodes.Add(new Node(index, name, op, of, shape, isVertex, used, owner, own));
        return this;
    }

    private static int[] Infer(string name, Op op, IReadOnlyList<int>[] shapes)
    {
        int[] shape;
        try
        {
            shape = op.Infer(shapes);
        }
        catch (InputException error)
        {
            throw new InputException($"node '{name}': {error.Message}", error);
        }
        if (shape.Any(static extent => extent < 1)) throw new InputException($"node '{name}': shape {Tensor.FormatShape(shape)} must have extents ≥ 1");
        CheckSize($"node '{name}': shape", shape);
        return shape;
    }

    private static void CheckSize(string what, IReadOnlyList<int> shape)
    {
        if (shape.Aggregate(1L, static (product, extent) => Math.Min(product * extent, MostElements + 1L)) > MostElements)
            throw new InputException($"{what} {Tensor.FormatShape(shape)} has more than 2^30 elements");
    }

    private (int Owner, ParameterInfo[] Parameters) Parameters(int index, string name, Op op, IReadOnlyList<int>[] shapes, string? sharedWith, string namedAfter)
    {
        IReadOnlyList<ParameterNeed> needs = op.Needs(shapes);
        foreach (ParameterNeed need in needs) CheckSize($"node '{name}': {(need.Role == ParameterRole.Weight ? "weight" : "bias")}", need.Shape);
        if (sharedWith is null)
        {
            return (index, [.. needs.Select(n =>
                new ParameterInfo($"{namedAfter}.{(n.Role == ParameterRole.Weight ? "weight" : "bias")}", n.Shape, n.Role, index, n.FanIn, n.FanOut, n.Start))]);
        }
        Node owner = _nodes[Find(name, sharedWith)];
        if (owner.Owner != owner.Index) throw new InputException($"node '{name}': '{sharedWith}' itself shares parameters; name their owner '{_nodes[owner.Owner].Name}'");
        if (owner.Op.Name != op.Name || !needs.Select(static n => n.Role).SequenceEqual(owner.Parameters.Select(static p => p.Role))
            || !needs.Zip(owner.Parameters).All(static pair => pair.First.Shape.SequenceEqual(pair.Second.Shape)) || needs.Count == 0)
        {
            throw new InputException($"node '{name}': its parameters do not have the op and shapes of those of '{sharedWith}' ({string.Join(", ", owner.Parameters.Select(static p => Tensor.FormatShape(p.Shape)))})");
        }
        return (owner.Index, [.. owner.Parameters]);
    }

    private int Find(string reader, string name)
    {
        int index = _nodes.FindIndex(n => n.Name == name);
        if (index >= 0) return index;
        throw new InputException(name == reader
            ? $"node '{reader}' reads itself; a node reads nodes that come before it"
            : $"node '{reader}' reads '{name}', which is no node before it; {Suggestion.Of(name, _nodes.Select(static n => n.Name))}");
    }
}
