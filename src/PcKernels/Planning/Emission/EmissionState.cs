using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Emission;

/// <summary>How the planner computes a node.</summary>
internal enum Form
{
    /// <summary>A linear layer, with its fused tasks.</summary>
    Product,

    /// <summary>A sum, perhaps activated.</summary>
    Sum,

    /// <summary>Any other op, by general tasks.</summary>
    Op,

    /// <summary>The very buffer of its input: the same elements in the same order.</summary>
    Alias,
}

/// <summary>What is known while the tasks of a program are written one after another: which buffer holds what, what has moved since, and what must be zero.</summary>
/// <remarks>A program is written twice: the first pass finds out which predictions and derivatives later tasks want kept (<see cref="Ask"/>), the second keeps them.</remarks>
internal sealed class EmissionState
{
    private readonly IReadOnlySet<string> _wanted;
    private readonly IReadOnlySet<int> _dual;
    private readonly HashSet<string> _asked = [];
    private readonly Dictionary<string, long> _parameterStamps = [];
    private readonly Dictionary<int, PrecisionSource> _precisions = [];
    private readonly Dictionary<string, string> _activatedFrom = [];
    private readonly HashSet<int> _inSeveralRegions;
    private readonly HashSet<RegionNode> _needDelta = [];
    private long _clock;

    public EmissionState(Graph graph, PlanOptions options, ParameterLayout layout, Region[] regions, IReadOnlySet<string> wanted, IReadOnlySet<int> dual)
    {
        _dual = dual;
        Graph = graph;
        Options = options;
        Layout = layout;
        Regions = regions;
        _wanted = wanted;
        Buffers = new BufferTable(layout);
        Read = new PlanBuffer?[graph.Nodes.Count];
        Value = new PlanBuffer?[graph.Nodes.Count];
        ReadStamp = new long[graph.Nodes.Count];
        ValueStamp = new long[graph.Nodes.Count];
        foreach (Node input in graph.Inputs) Read[input.Index] = Value[input.Index] = Matrix($"input/{input.Name}", BufferRole.Clamped, input);
        // Nodes come after those they read, so one pass in order knows; to ask downwards anew at each node would cost all ways through the links.
        foreach (RegionNode node in regions.SelectMany(static r => r.Nodes))
        {
            if (node.Node.Parameters.Count > 0 || node.Node.Of.Any(i => node.Region.Find(i) is RegionNode inside ? _needDelta.Contains(inside) : IsFree(graph.Nodes[i])))
                _needDelta.Add(node);
        }
        _inSeveralRegions = [.. regions.SelectMany(static r => r.Nodes).GroupBy(static n => n.Node.Index).Where(static g => g.Count() > 1).Select(static g => g.Key)];
    }

    public Graph Graph { get; }

    public PlanOptions Options { get; }

    public ParameterLayout Layout { get; }

    public Region[] Regions { get; }

    public BufferTable Buffers { get; }

    /// <summary>Tasks of the step that is being written.</summary>
    public List<PlanTask> Tasks { get; private set; } = [];

    /// <summary>What predictions read of an input or vertex.</summary>
    public PlanBuffer?[] Read { get; }

    /// <summary>The value of a vertex that moves; the same buffer as <see cref="Read"/> but where predictions are fixed.</summary>
    public PlanBuffer?[] Value { get; }

    public long[] ReadStamp { get; }

    public long[] ValueStamp { get; }

    /// <summary>Whether predictions and derivatives stay those of the start (Z-IL, FPA).</summary>
    public bool IsFixed { get; set; }

    /// <summary>Whether moved values and their errors stay to be read. Where they do not (Z-IL in training), each layer's are written over the last one's: what comes of them is δ.</summary>
    public bool KeepsMoves { get; set; } = true;

    /// <summary>The number of a vertex in its level, where moves are not kept: vertices of one level move in one wave.</summary>
    public int PlaceInLevel { get; set; }

    /// <summary>Whether errors flow at all (not in a mere prediction).</summary>
    public bool HasErrors { get; set; } = true;

    /// <summary>Whether it is a mere prediction, in which nothing is dropped at random.</summary>
    public bool IsPrediction { get; init; }

    /// <summary>Whether a result that still stands may be used again.</summary>
    public bool Reuses { get; set; } = true;

    public IReadOnlySet<string> Asked => _asked;

    public long Tick() => ++_clock;

    public bool IsFree(Node node) => node.IsVertex && Graph.OutputOf(node.Index) is null;

    public int Rows(Node node) => checked(Options.Batch * node.RowsPerSample);

    public PlanBuffer Matrix(string name, BufferRole role, Node node) => Buffers.Get(name, role, Rows(node), node.Columns);

    /// <summary>The buffer of a moved value or of its error.</summary>
    public PlanBuffer Moved(string name, BufferRole role, Node vertex) => KeepsMoves || !IsFree(vertex)
        ? Matrix($"{name}/{vertex.Name}", role, vertex)
        : Matrix($"passing {name} {PlaceInLevel} of {vertex.Columns}/{Rows(vertex)}", role, vertex);

    /// <summary>The name of a node in its region: with the region's vertex where several segments hold the node.</summary>
    public string NameOf(RegionNode node) => _inSeveralRegions.Contains(node.Node.Index) ? node.Node.Name + node.Region.Suffix : node.Node.Name;

    /// <summary>Says that a later task reads something that a former one could keep.</summary>
    public void Ask(string what) => _asked.Add(what);

    public bool IsWanted(string what) => _wanted.Contains(what);

    /// <summary>Whether a node learns in dual form.</summary>
    public bool IsDual(Node node) => _dual.Contains(node.Index);

    /// <summary>Σ δ of a node that learns in dual form.</summary>
    public PlanBuffer DeltaSum(Node node) => Matrix($"delta sum/{node.Name}", BufferRole.DeltaSum, node);

    public long ParameterStamp(string name) => _parameterStamps.GetValueOrDefault(name);

    public void MoveParameter(string name) => _parameterStamps[name] = Tick();

    /// <summary>Ends the step and hands over its tasks.</summary>
    public List<PlanTask> TakeTasks()
    {
        List<PlanTask> taken = Tasks;
        Tasks = [];
        return taken;
    }

    /// <summary>Forgets which predictions still stand.</summary>
    public void ForgetPredictions()
    {
        _activatedFrom.Clear();
        foreach (RegionNode node in Regions.SelectMany(static r => r.Nodes))
        {
            node.PredictedFrom = node.ErrorFrom = null;
            node.IsZero = false;
        }
    }

    /// <summary>f(source) and f′(source), computed when the source has moved since.</summary>
    public (PlanBuffer Value, PlanBuffer Derivative) Activated(Node node, PlanBuffer source, long stamp, Activation activation)
    {
        string name = $"{Activations.Name(activation)}({source.Name})";
        PlanBuffer value = Buffers.Get(name, BufferRole.Activated, source.Rows, source.Columns);
        PlanBuffer derivative = Buffers.Get($"{Activations.Name(activation)}'({source.Name})", BufferRole.Derivative, source.Rows, source.Columns);
        if (_activatedFrom.GetValueOrDefault(name) != $"{stamp}")
        {
            Tasks.Add(new ElementwiseTask { Node = node, Inputs = [source], Activation = activation, Output = value, Derivative = derivative });
            _activatedFrom[name] = $"{stamp}";
        }
        return (value, derivative);
    }

    /// <summary>The buffer that a node reads as its k-th input, before any inner activation, and when it last changed.</summary>
    public (PlanBuffer Buffer, long Stamp) Source(RegionNode node, int k)
    {
        int index = node.Node.Of[k];
        return node.Region.Find(index) is RegionNode inside ? (inside.Output!, inside.OutputStamp) : (Read[index]!, ReadStamp[index]);
    }

    /// <summary>What a node multiplies by its weight: its input, activated first in the form W f(x) + b.</summary>
    public PlanBuffer Operand(RegionNode node)
    {
        (PlanBuffer source, long stamp) = Source(node, 0);
        Activation inner = node.Node.Op.Inner;
        return inner == Activation.Identity ? source : Activated(Graph.Nodes[node.Node.Of[0]], source, stamp, inner).Value;
    }

    /// <summary>What a node's op is called with as things stand.</summary>
    public OpCall Call(RegionNode node)
    {
        PlanBuffer[] inputs = [.. Enumerable.Range(0, node.Node.Of.Count).Select(k => k == 0 ? Operand(node) : Source(node, k).Buffer)];
        return new OpCall(node.Node, [.. node.Node.Of.Select(i => Graph.Nodes[i])], inputs, [.. node.Node.Parameters.Select(p => Layout.Parameter(p.Name))]);
    }

    /// <summary>How a node's value is computed.</summary>
    public Form FormOf(Node node) => node.Op switch
    {
        LinearOp => Form.Product,
        AddOp or ElementwiseOp => Form.Sum,
        DropoutOp when IsPrediction => node.IsVertex ? Form.Sum : Form.Alias,
        RearrangeOp { KeepsOrder: true } when !node.IsVertex && Graph.Nodes[node.Of[0]].Columns == node.Columns => Form.Alias,
        _ => Form.Op,
    };

    /// <summary>Whether an error at this node is of use: to a parameter of its own or to anything below.</summary>
    public bool NeedsDelta(RegionNode node) => HasErrors && _needDelta.Contains(node);

    /// <summary>π of a vertex's error, with the output's variance scaled.</summary>
    public PrecisionSource PrecisionOf(Node vertex)
    {
        if (_precisions.TryGetValue(vertex.Index, out PrecisionSource? known)) return known;
        PrecisionSource source = MakePrecision(vertex);
        _precisions.Add(vertex.Index, source);
        return source;
    }

    /// <summary>1/k for outputs, 1 for all others.</summary>
    public double VarianceScale(Node vertex) => Graph.OutputOf(vertex.Index) is null ? 1.0 : 1.0 / Options.OutputVariance;

    public bool IsCategorical(Node vertex) => Graph.OutputOf(vertex.Index)?.Likelihood == Likelihood.Categorical;

    private PrecisionSource MakePrecision(Node vertex)
    {
        if (IsCategorical(vertex)) return new PrecisionSource(1, null);
        double scale = VarianceScale(vertex);
        Precision precision = vertex.Precision;
        if (precision.IsLearned) return new PrecisionSource(1, Buffers.Get($"precision/{vertex.Name}", BufferRole.Precision, 1, vertex.Columns));
        if (precision.Initial.Count == 1) return new PrecisionSource(precision.Initial[0] * scale, null);
        double[] numbers = [.. precision.Initial.Select(p => p * scale)];
        return new PrecisionSource(1, Buffers.Get($"precision/{vertex.Name}", BufferRole.Precision, 1, vertex.Columns, PerColumn(numbers, vertex)));
    }

    // A channel of an image spans several columns.
    private static double[] PerColumn(double[] numbers, Node vertex) => [.. Enumerable.Range(0, vertex.Columns).Select(c => numbers[c / (vertex.Columns / vertex.Units)])];
}
