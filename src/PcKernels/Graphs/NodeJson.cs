using System.Text.Json;
using PcKernels.Graphs.Ops;

namespace PcKernels.Graphs;

/// <summary>Reads one entry of <c>nodes</c>.</summary>
internal static class NodeJson
{
    private const string PrecisionForms = "a precision is a number, a list of numbers, or {\"learn\": true, \"per\": \"vertex\"|\"unit\", \"initial\": 1.0}";

    /// <param name="builder">Receives the node.</param>
    /// <param name="node">The entry.</param>
    /// <param name="allNames">Names of all nodes of the file, for an error about one that comes too late.</param>
    /// <param name="loops">The loops before it.</param>
    public static void Read(GraphBuilder builder, JsonObjectReader node, IReadOnlySet<string> allNames, LoopNames loops)
    {
        string name = node.Text("name");
        if (loops.Contains(name)) throw new InputException($"{node.Place}: a loop has the name '{name}'; names are unique");
        node.Place = $"node '{name}'";
        string opName = node.Text("op");
        Op op = Find(opName, node.Place).Read(node);
        string[] of = op.Arity.Most == 0 && !node.Has("of") ? [] : [.. node.Texts("of").Select(o => loops.Resolve(o, node.Place))];
        string? early = of.FirstOrDefault(o => o != name && allNames.Contains(o) && !builder.Contains(o));
        if (early is not null)
            throw new InputException($"{node.Place} reads '{early}', which comes after it: a cycle or a wrong order; each node comes after those it reads");
        bool? vertex = node.Flag("vertex");
        Precision? precision = node.Has("precision") ? ReadPrecision(node.Required("precision"), node.Place) : null;
        string? parameters = node.Has("parameters") ? loops.Resolve(node.Text("parameters"), node.Place) : null;
        node.Finish();
        builder.Add(name, op, of, vertex, precision, parameters);
    }

    private static OpEntry Find(string op, string place)
    {
        try
        {
            return OpCatalog.Find(op);
        }
        catch (InputException error)
        {
            throw new InputException($"{place}: {error.Message}", error);
        }
    }

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
