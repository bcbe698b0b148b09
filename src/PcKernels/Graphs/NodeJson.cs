using System.Text.Json;
using PcKernels.Graphs.Ops;

namespace PcKernels.Graphs;

/// <summary>Reads one entry of <c>nodes</c>. The table of ops here is the one place that names them.</summary>
internal static class NodeJson
{
    private static readonly Dictionary<string, Func<JsonObjectReader, Op>> s_ops = new(
        Activations.Names.Select(static name => KeyValuePair.Create<string, Func<JsonObjectReader, Op>>(name, _ => new ElementwiseOp(ActivationOf(name, "op")))))
    {
        ["linear"] = static node => new LinearOp(node.Integer("units"), node.Flag("bias") ?? true, ReadActivation(node), ReadForm(node)),
        ["add"] = static _ => new AddOp(),
        ["root"] = static node => new RootOp(JsonObjectReader.Integers(node.Array("shape"), $"{node.Place}: 'shape'"), ReadPrior(node)),
    };

    private const string PrecisionForms = "a precision is a number, a list of numbers, or {\"learn\": true, \"per\": \"vertex\"|\"unit\", \"initial\": 1.0}";

    /// <summary>Names of all ops.</summary>
    public static IEnumerable<string> KnownOps => s_ops.Keys;

    public static void Read(GraphBuilder builder, JsonObjectReader node, IReadOnlySet<string> allNames)
    {
        string name = node.Text("name");
        node.Place = $"node '{name}'";
        string opName = node.Text("op");
        if (!s_ops.TryGetValue(opName, out Func<JsonObjectReader, Op>? make))
            throw new InputException($"{node.Place}: unknown op '{opName}'; {Suggestion.Of(opName, s_ops.Keys)}");
        Op op = make(node);
        string[] of = op.Arity.Most == 0 && !node.Has("of") ? [] : node.Texts("of");
        string? early = of.FirstOrDefault(o => o != name && allNames.Contains(o) && !builder.Contains(o));
        if (early is not null)
            throw new InputException($"{node.Place} reads '{early}', which comes after it: a cycle or a wrong order; each node comes after those it reads");
        bool? vertex = node.Flag("vertex");
        Precision? precision = node.Has("precision") ? ReadPrecision(node.Required("precision"), node.Place) : null;
        string? parameters = node.Has("parameters") ? node.Text("parameters") : null;
        node.Finish();
        builder.Add(name, op, of, vertex, precision, parameters);
    }

    private static Activation ReadActivation(JsonObjectReader node) => ActivationOf(node.Text("activation", "identity"), $"{node.Place}: activation");

    private static Activation ActivationOf(string name, string place) => Activations.TryParse(name, out Activation activation)
        ? activation
        : throw new InputException($"{place} '{name}' is unknown; {Suggestion.Of(name, Activations.Names)}");

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

    private static Precision ReadPrecision(JsonElement element, string place)
    {
        try
        {
            if (element.ValueKind == JsonValueKind.Number) return Precision.Fixed(element.GetDouble());
            if (element.ValueKind == JsonValueKind.Array) return new Precision(false, PrecisionSharing.PerUnit, Numbers(element));
            if (element.ValueKind != JsonValueKind.Object) throw new InputException(PrecisionForms);
            var reader = new JsonObjectReader(element, "'precision'");
            bool learn = reader.Flag("learn") ?? false;
            string per = reader.Text("per", "vertex");
            if (per is not ("vertex" or "unit")) throw new InputException($"per '{per}' is unknown; known: vertex, unit");
            bool several = reader.Has("initial") && reader.Required("initial").ValueKind == JsonValueKind.Array;
            double[] initial = several ? Numbers(reader.Required("initial")) : [reader.Number("initial", 1.0)];
            reader.Finish();
            return new Precision(learn, per == "unit" ? PrecisionSharing.PerUnit : PrecisionSharing.PerVertex, initial);
        }
        catch (InputException error)
        {
            throw new InputException($"{place}: {error.Message}", error);
        }
    }

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(static e =>
        e.ValueKind == JsonValueKind.Number ? e.GetDouble() : throw new InputException(PrecisionForms))];
}
