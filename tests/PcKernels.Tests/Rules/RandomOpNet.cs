using PcKernels.Graphs;
using PcKernels.Graphs.Ops;

namespace PcKernels.Tests.Rules;

/// <summary>Random graphs of all ops: values of any shape, whichever nodes are vertices, tokens, shared parameters, skips; everything is joined below one output.</summary>
internal sealed class RandomOpNet
{
    private const int MostElements = 48;
    private readonly Random _random;
    private readonly NetKind _kind;
    private readonly GraphBuilder _builder = new("random ops");
    private readonly List<Made> _nodes = [];
    private readonly List<(string Name, Op Op, int[] Input)> _owners = [];
    private int _count;

    private sealed record Made(string Name, int[] Shape)
    {
        public bool IsRead { get; set; }
    }

    private RandomOpNet(int seed, int size, NetKind kind)
    {
        _random = new Random(seed);
        _kind = kind;
        AddSources();
        for (int i = 0; i < size; i++) AddNode();
        AddOutput();
        Graph = _builder.Build();
    }

    private Graph Graph { get; }

    /// <summary>A graph of about <paramref name="size"/> hidden nodes.</summary>
    public static Graph Draw(int seed, int size, NetKind kind) => new RandomOpNet(seed, size, kind).Graph;

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private int Between(int least, int most) => _random.Next(least, most + 1);

    private void AddSources()
    {
        bool hasTokens = Chance(0.2), hasRoot = _kind.Roots && Chance(0.2);
        int[] shape = Between(1, 3) switch
        {
            1 => [Between(1, 9)],
            2 => [Between(1, 4), 2 * Between(1, 3)],
            _ => [Between(1, 2), Between(2, 5), Between(2, 4)],
        };
        int[] tokens = Chance(0.8) ? [Between(1, 4)] : [];
        _builder.Input("x", shape);
        if (hasTokens) _builder.Input("tokens", tokens);
        _nodes.Add(new Made("x", shape));
        if (hasTokens) Add(new EmbeddingOp(3, 2 * Between(1, 2)), "tokens", tokens);
        if (!hasRoot) return;
        int[] rootShape = Chance(0.5) ? shape : [Between(1, 5)];
        bool hasPrior = Chance(0.5);
        _builder.Add("root", new RootOp(rootShape, hasPrior ? RootPrior.Gaussian : RootPrior.None), []);
        _nodes.Add(new Made("root", rootShape));
    }

    private void AddNode()
    {
        Made below = Chance(0.6) ? _nodes[^1] : _nodes[_random.Next(_nodes.Count)];
        Made[] alike = [.. _nodes.Where(n => n.Shape.SequenceEqual(below.Shape))];
        Made Alike() => alike[_random.Next(alike.Length)];
        Op op = Draw(below.Shape);
        Made[] of = op switch
        {
            AddOp or MultiplyOp or ConcatOp => Chance(0.3) ? [below, Alike(), Alike()] : [below, Alike()],
            AttentionOp => [below, Alike(), Alike()],
            _ => [below],
        };
        // What outgrows the reference's patience is left out.
        if (op.Infer([.. of.Select(static n => n.Shape)]).Aggregate(1, static (a, b) => a * b) > MostElements) op = new ElementwiseOp((Activation)_random.Next(7));
        if (op is ElementwiseOp) of = [below];
        Add(op, of);
    }

    private Op Draw(int[] shape)
    {
        int last = shape[^1];
        List<Func<Op>> choices =
        [
            () => new ElementwiseOp((Activation)_random.Next(7)), () => new AddOp(), () => new MultiplyOp(), () => new ScaleOp(Chance(0.5) ? 0.5 : -1.25), () => Linear(),
            () => new LayerNormOp(0.5), () => new SoftmaxOp(_random.Next(shape.Length)), () => new FlattenOp(),
            () => new SliceOp(-1, Chance(0.5) ? 0 : last / 2, null, Between(1, 2)), () => new ConcatOp(_random.Next(shape.Length)), () => new ReshapeOp([-1, last]),
        ];
        if (_kind.Dropout) choices.Add(() => new DropoutOp(0.3));
        if (shape.Length > 1)
        {
            choices.Add(() => new SelectOp(0, Between(-1, 0)));
            choices.Add(() => new TransposeOp(0, shape.Length - 1));
        }
        if (shape.Length == 1 && last % 2 == 0) choices.Add(() => new ReshapeOp([1, 2, last / 2]));
        if (shape.Length == 2) choices.AddRange([() => new PositionalOp(), () => new AttentionOp(last % 2 == 0 ? 2 : 1, Chance(0.5)), () => new AttentionOp(1, Chance(0.5))]);
        if (shape.Length == 3) choices.AddRange([() => Convolution(shape), () => Convolution(shape), () => Convolution(shape), .. Pools(shape)]);
        return choices[_random.Next(choices.Count)]();
    }

    private LinearOp Linear() => new(Between(1, 6), Chance(0.8), (Activation)_random.Next(7), Chance(0.5) ? ActivationForm.Post : ActivationForm.Pre);

    private Conv2dOp Convolution(int[] shape)
    {
        int padding = Between(0, 1), kernel = Between(1, Math.Min(3, Math.Min(shape[1], shape[2]) + 2 * padding)), groups = Chance(0.3) ? shape[0] : 1;
        return new Conv2dOp(groups * Between(1, groups > 1 ? 1 : 3), kernel, Between(1, 2), padding, groups, Chance(0.7), (Activation)_random.Next(7), Chance(0.6) ? ActivationForm.Post : ActivationForm.Pre);
    }

    private IEnumerable<Func<Op>> Pools(int[] shape)
    {
        int kernel = Math.Min(2, Math.Min(shape[1], shape[2]));
        yield return () => new Pool2dOp(Pooling.Max, kernel, Between(1, 2));
        yield return () => new Pool2dOp(Pooling.Average, kernel);
        yield return () => new AdaptivePool2dOp(Between(1, 2), Between(1, 3));
    }

    private void Add(Op op, string of, int[] shape) => Add(op, [new Made(of, shape)]);

    private void Add(Op op, params Made[] of)
    {
        int[][] shapes = [.. of.Select(static n => n.Shape)];
        string name = $"n{_count++}";
        bool hasParameters = op.Needs(shapes).Count > 0;
        string? shared = null;
        if (hasParameters && _kind.Shares && Chance(0.3) && _owners.Find(o => o.Op.Name == op.Name && o.Input.SequenceEqual(shapes[0])) is { Name: not null } owner) (shared, op) = (owner.Name, owner.Op);
        else if (hasParameters) _owners.Add((name, op, shapes[0]));
        bool? vertex = hasParameters ? (Chance(0.2) ? false : null) : Chance(0.3) ? true : null;
        // Tokens lead nowhere but to an embedding, so that stays what it is.
        if (op is EmbeddingOp) vertex = null;
        int[] shape = op.Infer(shapes);
        Precision? precision = (vertex ?? hasParameters) && _kind.Precisions && Chance(0.3) ? Precision(shape) : null;
        _builder.Add(name, op, [.. of.Select(static n => n.Name)], vertex, precision, shared);
        foreach (Made node in of) node.IsRead = true;
        _nodes.Add(new Made(name, shape));
    }

    private void AddOutput()
    {
        int width = Between(1, 4), positions = Chance(0.3) ? Between(1, 3) : 0;
        var parts = new List<string>();
        foreach (Made loose in _nodes.Where(static n => !n.IsRead).ToArray())
        {
            string name = $"p{parts.Count}";
            _builder.Add($"{name}.flat", new FlattenOp(), [loose.Name]);
            _builder.Add(name, new LinearOp(width * Math.Max(1, positions)), [$"{name}.flat"], Chance(0.7) ? null : false);
            parts.Add(name);
        }
        string top = parts[0];
        if (parts.Count > 1) _builder.Add(top = "sum", new AddOp(), parts);
        if (positions == 0) _builder.Add("y", new LinearOp(width), [top]);
        else _builder.Add("y", new ReshapeOp([positions, width]), [top]);
        _builder.Output("y", _kind.Categorical && Chance(0.4) ? Likelihood.Categorical : Likelihood.Gaussian);
    }

    private Precision Precision(int[] shape)
    {
        double number = Math.Round(0.5 + _random.NextDouble(), 2);
        // What the units of three dimensions are, channels or features, depends on the ops around.
        bool hasUnits = shape.Length < 3;
        PrecisionSharing perUnit = hasUnits ? PrecisionSharing.PerUnit : PrecisionSharing.PerVertex;
        double[] numbers = [.. Enumerable.Range(0, hasUnits ? shape[^1] : 1).Select(i => Math.Round(number + 0.1 * (i % 3), 2))];
        return _random.Next(_kind.LearnedPrecisions ? 4 : 2) switch
        {
            0 => PcKernels.Graphs.Precision.Fixed(number),
            1 => new Precision(false, perUnit, numbers),
            2 => PcKernels.Graphs.Precision.Learned(PrecisionSharing.PerVertex, number),
            _ => PcKernels.Graphs.Precision.Learned(perUnit, number),
        };
    }
}
