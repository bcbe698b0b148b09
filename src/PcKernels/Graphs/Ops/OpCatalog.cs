namespace PcKernels.Graphs.Ops;

/// <summary>All ops of the model file: the one place that names them. Reading, gradient checks, device suites, benchmarks and the table of support go through it.</summary>
public static class OpCatalog
{
    private static readonly Dictionary<string, OpEntry> s_byName = Entries().ToDictionary(static e => e.Name);

    /// <summary>Every op that a model file can name.</summary>
    public static IReadOnlyCollection<OpEntry> All => s_byName.Values;

    /// <summary>The names, in the order of the catalogue.</summary>
    public static IReadOnlyCollection<string> Names => s_byName.Keys;

    /// <summary>The entry of a name.</summary>
    /// <exception cref="InputException">There is none; the message names the nearest.</exception>
    public static OpEntry Find(string name) => s_byName.TryGetValue(name, out OpEntry? entry)
        ? entry
        : throw new InputException($"unknown op '{name}'; {Suggestion.Of(name, s_byName.Keys)}");

    /// <summary>Whether an op of that name has parameters; false for an unknown one.</summary>
    internal static bool HasParameters(string name) => s_byName.TryGetValue(name, out OpEntry? entry) && entry.Examples[0].Op.Needs(entry.Examples[0].Inputs).Count > 0;

    private static IEnumerable<OpEntry> Entries() =>
        [.. Activations.Names.Select(ActivationEntry), .. Products(), .. Images(), .. Elementwise(), .. Rearrangements(), .. Sequences()];

    private static OpEntry ActivationEntry(string name)
    {
        _ = Activations.TryParse(name, out Activation activation);
        return Entry(name, $"y = {name}(x)", _ => new ElementwiseOp(activation), Example(new ElementwiseOp(activation), [7]), Example(new ElementwiseOp(activation), [2, 3, 4]));
    }

    private static IEnumerable<OpEntry> Products() =>
    [
        Entry("linear", "y = f(W x + b) or W f(x) + b on the last dimension",
            static n => new LinearOp(n.Integer("units"), n.Flag("bias") ?? true, ReadActivation(n), ReadForm(n)),
            Example(new LinearOp(4), [5]), Example(new LinearOp(3, false, Activation.Tanh), [4, 5]), Example(new LinearOp(6, true, Activation.Gelu, ActivationForm.Pre), [2, 3, 5])),
        Entry("conv2d", "y = f(W ∗ x + b) or W ∗ f(x) + b, cross-correlation with zero padding",
            static n => new Conv2dOp(n.Integer("channels"), n.Integer("kernel"), n.Integer("stride", 1), n.Integer("padding", 0), n.Integer("groups", 1), n.Flag("bias") ?? true, ReadActivation(n), ReadForm(n)),
            Example(new Conv2dOp(3, 3, Padding: 1), [2, 5, 6]), Example(new Conv2dOp(4, 2, 2, Bias: false), [3, 6, 5]), Example(new Conv2dOp(6, 3, 2, 1, 2, true, Activation.Tanh), [4, 5, 5]),
            Example(new Conv2dOp(4, 1, 1, 0, 4, Activation: Activation.Sigmoid, Form: ActivationForm.Pre), [4, 3, 3]), Example(new Conv2dOp(2, 3, 3, 2), [1, 4, 7]), Example(new Conv2dOp(17, 5, 1, 2), [3, 9, 8])),
        Entry("root", "a free value node without inputs",
            static n => new RootOp(JsonObjectReader.Integers(n.Array("shape"), $"{n.Place}: 'shape'"), ReadPrior(n)), Example(new RootOp([3]))),
    ];

    private static IEnumerable<OpEntry> Images() =>
    [
        Entry("max_pool2d", "the largest of each window", static n => new Pool2dOp(Pooling.Max, n.Integer("kernel"), n.Integer("stride", 0)),
            Example(new Pool2dOp(Pooling.Max, 2), [3, 4, 6]), Example(new Pool2dOp(Pooling.Max, 3, 2), [2, 6, 7]), Example(new Pool2dOp(Pooling.Max, 1, 2), [1, 3, 3])),
        Entry("avg_pool2d", "the mean of each window", static n => new Pool2dOp(Pooling.Average, n.Integer("kernel"), n.Integer("stride", 0)),
            Example(new Pool2dOp(Pooling.Average, 2), [3, 4, 6]), Example(new Pool2dOp(Pooling.Average, 3, 1), [2, 5, 4]), Example(new Pool2dOp(Pooling.Average, 2, 3), [2, 7, 5])),
        Entry("adaptive_avg_pool2d", "the mean over windows that divide the image", ReadAdaptivePool,
            Example(new AdaptivePool2dOp(1, 1), [3, 4, 5]), Example(new AdaptivePool2dOp(3, 2), [2, 7, 5]), Example(new AdaptivePool2dOp(4, 4), [1, 2, 3])),
    ];

    private static IEnumerable<OpEntry> Elementwise() =>
    [
        Entry("add", "y = Σ x", static _ => new AddOp(), Example(new AddOp(), [4], [4]), Example(new AddOp(), [2, 3], [2, 3], [2, 3])),
        Entry("multiply", "y = Π x", static _ => new MultiplyOp(), Example(new MultiplyOp(), [5], [5]), Example(new MultiplyOp(), [2, 3], [2, 3], [2, 3]), Example(new MultiplyOp(), [2, 3, 4], [2, 3, 4])),
        Entry("scale", "y = factor · x", static n => new ScaleOp(n.Number("factor")), Example(new ScaleOp(-1.5), [4]), Example(new ScaleOp(0.25), [2, 3, 3])),
        Entry("dropout", "y = 0 with probability p, else x / (1 − p), while training", static n => new DropoutOp(n.Number("p", 0.5)),
            Example(new DropoutOp(), [9]), Example(new DropoutOp(0.2), [3, 5])),
    ];

    private static IEnumerable<OpEntry> Rearrangements() =>
    [
        Entry("flatten", "all dimensions as one", static _ => new FlattenOp(), Example(new FlattenOp(), [2, 3]), Example(new FlattenOp(), [2, 3, 4])),
        Entry("reshape", "the same elements under another shape", static n => new ReshapeOp(JsonObjectReader.Integers(n.Array("shape"), $"{n.Place}: 'shape'")),
            Example(new ReshapeOp([3, 2]), [6]), Example(new ReshapeOp([4, -1]), [2, 3, 4])),
        Entry("transpose", "two dimensions change places", static n => new TransposeOp(n.Integer("dim0"), n.Integer("dim1")),
            Example(new TransposeOp(0, 1), [2, 5]), Example(new TransposeOp(-1, 0), [2, 3, 4])),
        Entry("select", "one slice across a dimension", static n => new SelectOp(n.Integer("dim"), n.Integer("index")),
            Example(new SelectOp(0, 1), [3, 4]), Example(new SelectOp(-1, -2), [2, 3]), Example(new SelectOp(1, 2), [2, 3, 4]), Example(new SelectOp(0, 2), [4])),
        Entry("slice", "every step-th slice from start to end", static n => new SliceOp(n.Integer("dim"), n.Integer("start", 0), n.Has("end") ? n.Integer("end") : null, n.Integer("step", 1)),
            Example(new SliceOp(0, 1), [4]), Example(new SliceOp(-1, 0, -1), [3, 4]), Example(new SliceOp(1, 1, null, 2), [2, 6, 3])),
        Entry("concat", "inputs one after another along a dimension", static n => new ConcatOp(n.Integer("dim", -1)),
            Example(new ConcatOp(0), [3], [2], [4]), Example(new ConcatOp(), [2, 3], [2, 1]), Example(new ConcatOp(1), [2, 1, 3], [2, 2, 3])),
    ];

    private static IEnumerable<OpEntry> Sequences() =>
    [
        Entry("softmax", "e^x / Σ e^x along a dimension", static n => new SoftmaxOp(n.Integer("dim", -1)),
            Example(new SoftmaxOp(), [5]), Example(new SoftmaxOp(), [3, 4]), Example(new SoftmaxOp(1), [2, 4, 3])),
        Entry("layer_norm", "(x − mean) / √(variance + eps) · weight + bias over the last dimension", static n => new LayerNormOp(n.Number("eps", 1e-5)),
            Example(new LayerNormOp(), [6]), Example(new LayerNormOp(0.1), [3, 5]), Example(new LayerNormOp(), [2, 2, 4])),
        Entry("embedding", "weight[x], rows picked by whole numbers", static n => new EmbeddingOp(n.Integer("vocabulary"), n.Integer("units")),
            Example(new EmbeddingOp(5, 3), [4]), Example(new EmbeddingOp(3, 2), [2, 3]), Example(new EmbeddingOp(4, 6), [])),
        Entry("positional", "y = x + weight, a parameter for every position", static _ => new PositionalOp(), Example(new PositionalOp(), [3, 4])),
        Entry("attention", "softmax(q kᵀ / √(D/heads)) v per head", static n => new AttentionOp(n.Integer("heads"), n.Flag("causal") ?? false),
            Example(new AttentionOp(2), [3, 4], [3, 4], [3, 4]), Example(new AttentionOp(1, true), [4, 3], [4, 3], [4, 3]), Example(new AttentionOp(3, true), [3, 6], [3, 6], [3, 6]),
            Example(new AttentionOp(2), [2, 4], [5, 4], [5, 4])),
    ];

    private static OpEntry Entry(string name, string formula, Func<JsonObjectReader, Op> read, params OpExample[] examples) => new(name, formula, read, examples);

    private static OpExample Example(Op op, params int[][] inputs) => new(op, inputs);

    private static AdaptivePool2dOp ReadAdaptivePool(JsonObjectReader node)
    {
        if (node.Required("output_size").ValueKind != System.Text.Json.JsonValueKind.Array)
        {
            int side = node.Integer("output_size");
            return new AdaptivePool2dOp(side, side);
        }
        int[] sides = JsonObjectReader.Integers(node.Array("output_size"), $"{node.Place}: 'output_size'");
        return sides.Length == 2 ? new AdaptivePool2dOp(sides[0], sides[1]) : throw new InputException($"{node.Place}: 'output_size' has {sides.Length} numbers; give one, or [height, width]");
    }

    private static Activation ReadActivation(JsonObjectReader node)
    {
        string name = node.Text("activation", "identity");
        return Activations.TryParse(name, out Activation activation)
            ? activation
            : throw new InputException($"{node.Place}: activation '{name}' is unknown; {Suggestion.Of(name, Activations.Names)}");
    }

    private static ActivationForm ReadForm(JsonObjectReader node) => node.Text("form", "f(Wx+b)") switch
    {
        "f(Wx+b)" => ActivationForm.Post,
        "Wf(x)+b" => ActivationForm.Pre,
        string other => throw new InputException($"{node.Place}: form '{other}' is unknown; known: f(Wx+b), Wf(x)+b"),
    };

    private static RootPrior ReadPrior(JsonObjectReader node) => node.Text("prior", "none") switch
    {
        "none" => RootPrior.None,
        "gaussian" => RootPrior.Gaussian,
        string other => throw new InputException($"{node.Place}: prior '{other}' is unknown; known: none, gaussian"),
    };
}
