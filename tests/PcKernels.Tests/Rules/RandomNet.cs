using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>Which kinds of nets are drawn.</summary>
internal sealed record NetKind
{
    public bool IsChain { get; init; }

    /// <summary>Whether free roots may stand beside the inputs (pc, ipc and fpa only).</summary>
    public bool Roots { get; init; }

    /// <summary>Whether precisions are drawn: fixed and learned ones.</summary>
    public bool Precisions { get; init; } = true;

    public bool LearnedPrecisions { get; init; } = true;

    public bool Categorical { get; init; } = true;

    /// <summary>Whether every second net that is no chain is one of all ops.</summary>
    public bool Ops { get; init; }

    /// <summary>Whether nets of all ops may drop something at random.</summary>
    public bool Dropout { get; init; }

    /// <summary>Whether layers of one shape may share parameters.</summary>
    public bool Shares { get; init; } = true;
}

/// <summary>Random graphs, parameters and batches of a seed. All numbers are exact in float, so that every element type reads the same.</summary>
internal sealed class RandomNet
{
    private readonly Random _random;
    private readonly NetKind _kind;
    private readonly GraphBuilder _builder = new("random");
    private readonly List<(string Name, int Width, bool IsRead)> _nodes = [];
    private readonly List<(string Name, int In, int Out, bool Bias)> _owners = [];
    private readonly HashSet<string> _precise = [];
    private readonly int _positions;
    private readonly int[] _widths;

    private RandomNet(int seed, int size, NetKind kind)
    {
        _random = new Random(seed);
        _kind = kind;
        _positions = Chance(0.1) ? _random.Next(1, 4) : 0;
        _widths = [_random.Next(1, 21), _random.Next(1, 21), _random.Next(1, 21)];
        AddSources();
        for (int i = 0; i < size; i++) AddHidden($"n{i}");
        AddOutputs();
        Graph = _builder.Build();
    }

    private Graph Graph { get; }

    /// <summary>A graph of about <paramref name="size"/> hidden nodes.</summary>
    public static Graph Draw(int seed, int size, NetKind kind) => kind.Ops && !kind.IsChain && seed % 2 == 0 ? RandomOpNet.Draw(seed, size, kind) : new RandomNet(seed, size, kind).Graph;

    /// <summary>A model whose parameters were rounded to float.</summary>
    public static Model Parameterise(Graph graph, int seed)
    {
        var model = new Model(graph, seed: (ulong)seed);
        model.SetParameters(model.Parameters.ToDictionary(static p => p.Key, static p => p.Value.To(DType.F32)));
        return model;
    }

    /// <summary>A batch: inputs and Gaussian targets in [−1, 1), categorical targets soft or one-hot; some free vertices' starts if wanted.</summary>
    public static Dictionary<string, Tensor> Batch(Graph graph, int count, int seed, bool givesStarts = false)
    {
        var random = new Random(seed);
        var batch = new Dictionary<string, Tensor>();
        foreach (Node input in graph.Inputs) batch[input.Name] = graph.IntegerLimits.TryGetValue(input.Index, out int limit) ? Tokens(random, count, input, limit) : Uniform(random, count, input);
        foreach (Output output in graph.Outputs)
        {
            Node node = graph.Nodes[output.Node];
            batch[node.Name] = output.Likelihood == Likelihood.Gaussian ? Uniform(random, count, node) : Probabilities(random, count, node);
        }
        if (!givesStarts) return batch;
        foreach (Node vertex in graph.Vertices.Where(v => graph.OutputOf(v.Index) is null))
            if (random.NextDouble() < 0.5) batch[$"value/{vertex.Name}"] = Uniform(random, count, vertex);
        return batch;
    }

    public static Tensor Uniform(Random random, int count, Node node) =>
        Tensor.From<float>([.. Enumerable.Range(0, count * node.Count).Select(_ => (float)(2 * random.NextDouble() - 1))], [count, .. node.Shape]);

    private static Tensor Tokens(Random random, int count, Node node, int limit) =>
        Tensor.From<long>([.. Enumerable.Range(0, count * node.Count).Select(_ => (long)random.Next(limit))], [count, .. node.Shape]);

    private static Tensor Probabilities(Random random, int count, Node node)
    {
        var elements = new List<float>();
        for (int r = 0; r < count * node.RowsPerSample; r++)
        {
            bool isOneHot = random.NextDouble() < 0.5;
            int hot = random.Next(node.Columns);
            double[] weights = [.. Enumerable.Range(0, node.Columns).Select(c => isOneHot ? (c == hot ? 1.0 : 0.0) : random.NextDouble() + 0.01)];
            elements.AddRange(weights.Select(w => (float)(w / weights.Sum())));
        }
        return Tensor.From<float>([.. elements], [count, .. node.Shape]);
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private int Width() => Chance(0.3) ? _random.Next(1, 21) : _widths[_random.Next(_widths.Length)];

    private void AddSources()
    {
        int inputs = _kind.IsChain || Chance(0.7) ? 1 : 2;
        bool hasRoot = _kind.Roots && Chance(0.3);
        if (hasRoot && Chance(0.5)) inputs = 0;
        for (int i = 0; i < inputs; i++)
        {
            int width = Width();
            _builder.Input($"x{i}", Shape(width));
            _nodes.Add(($"x{i}", width, false));
        }
        if (!hasRoot) return;
        int columns = Width();
        bool hasPrior = Chance(0.5);
        _builder.Add("root", new RootOp(Shape(columns), hasPrior ? RootPrior.Gaussian : RootPrior.None), [], precision: hasPrior ? Precision(columns) : null);
        _nodes.Add(("root", columns, false));
    }

    private int[] Shape(int width) => _positions == 0 ? [width] : [_positions, width];

    private void AddHidden(string name)
    {
        double kind = _random.NextDouble();
        int below = Pick();
        if (kind < 0.2 && !_kind.IsChain && AddSum(name, below)) return;
        if (kind < 0.4) AddElementwise(name, below, Chance(0.5) ? true : null);
        else AddLinear(name, below, Width(), _kind.IsChain || Chance(0.8) ? null : false);
    }

    private int Pick() => _kind.IsChain || Chance(0.6) ? _nodes.Count - 1 : _random.Next(_nodes.Count);

    private bool AddSum(string name, int below)
    {
        int width = _nodes[below].Width;
        int[] others = [.. Enumerable.Range(0, _nodes.Count).Where(i => _nodes[i].Width == width && (i != below || Chance(0.2)))];
        if (others.Length == 0) return false;
        _random.Shuffle(others);
        int[] of = [below, .. others.Take(_random.Next(1, 3))];
        bool? vertex = Chance(0.3) ? true : null;
        Add(name, new AddOp(), of, width, vertex, isVertex: vertex == true);
        return true;
    }

    private void AddElementwise(string name, int below, bool? vertex) =>
        Add(name, new ElementwiseOp(Activation()), [below], _nodes[below].Width, vertex, isVertex: vertex == true);

    private void AddLinear(string name, int below, int width, bool? vertex)
    {
        bool bias = Chance(0.8);
        int inputs = _nodes[below].Width;
        var candidates = _owners.Where(o => _kind.Shares && o.In == inputs && Chance(0.6)).ToList();
        (string Name, int In, int Out, bool Bias) shared = candidates.Count == 0 ? default : candidates[_random.Next(candidates.Count)];
        if (shared.Name is not null) (width, bias) = (shared.Out, shared.Bias);
        else _owners.Add((name, inputs, width, bias));
        var op = new LinearOp(width, bias, Activation(), Chance(0.5) ? ActivationForm.Post : ActivationForm.Pre);
        Add(name, op, [below], width, vertex, isVertex: vertex != false, shared.Name);
    }

    private void Add(string name, Op op, int[] of, int width, bool? vertex, bool isVertex, string? shared = null)
    {
        Precision? precision = isVertex && Chance(0.3) ? Precision(width) : null;
        if (precision is not null) _precise.Add(name);
        _builder.Add(name, op, [.. of.Select(i => _nodes[i].Name)], vertex, precision, shared);
        foreach (int i in of) _nodes[i] = _nodes[i] with { IsRead = true };
        _nodes.Add((name, width, false));
    }

    private void AddOutputs()
    {
        int[] loose = [.. Enumerable.Range(0, _nodes.Count).Where(i => !_nodes[i].IsRead)];
        if (loose.Length > 1 && Chance(0.2))
        {
            AddLinear("z", loose[0], Width(), null);
            Declare("z");
            loose = loose[1..];
        }
        int width = Width();
        if (loose.Length > 1)
        {
            int first = _nodes.Count;
            foreach ((int i, int node) in loose.Index()) Add($"p{i}", new LinearOp(width, Activation: Activation()), [node], width, Chance(0.5) ? null : false, false);
            Add("y", new AddOp(), [.. Enumerable.Range(first, loose.Length)], width, null, false);
        }
        else
        {
            AddLinear("y", loose[0], width, null);
        }
        Declare("y");
    }

    private void Declare(string name)
    {
        if (_kind.Categorical && Chance(0.3) && !_precise.Contains(name)) _builder.Output(name, Likelihood.Categorical);
        else _builder.Output(name);
    }

    private Activation Activation() => (Activation)_random.Next(7);

    private Precision? Precision(int width)
    {
        if (!_kind.Precisions) return null;
        double Number() => Math.Round(0.5 + _random.NextDouble(), 2);
        return _random.Next(_kind.LearnedPrecisions ? 4 : 2) switch
        {
            0 => PcKernels.Graphs.Precision.Fixed(Number()),
            1 => new Precision(false, PrecisionSharing.PerUnit, [.. Enumerable.Range(0, width).Select(_ => Number())]),
            2 => PcKernels.Graphs.Precision.Learned(PrecisionSharing.PerVertex, Number()),
            _ => PcKernels.Graphs.Precision.Learned(PrecisionSharing.PerUnit, Number()),
        };
    }
}
