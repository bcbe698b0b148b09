using System.Text.Json;
using System.Text.Json.Nodes;
using PcKernels.Graphs.Ops;

namespace PcKernels.Graphs;

/// <summary>
/// A recurrence in a model file, unrolled: <c>{"name": "cell", "op": "loop", "steps": 8, "nodes": […], "initial": {"h": "h0"}}</c>. Node w of step t is named
/// <c>cell.t.w</c>, and outside the loop <c>cell.w</c> means the last step's. Inside, a name means the node of the same step, <c>w[-1]</c> that of the step before, any
/// other name a node outside; <c>"index": "step"</c> is the step's number. All steps share the parameters of the first that has them.
/// </summary>
/// <remarks>In the first step <c>w[-1]</c> is what <c>initial</c> says. Without that it is absent: an <c>add</c> leaves it out, any other node that reads it is left out itself.</remarks>
internal sealed class LoopJson
{
    private const string Before = "[-1]";
    private readonly string _name;
    private readonly JsonElement[] _nodes;
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, string> _initial = [];
    private readonly Dictionary<string, string> _owners = [];
    private readonly HashSet<string> _absent = [];
    private HashSet<string> _before = [], _now = [];

    private LoopJson(JsonObjectReader loop)
    {
        _name = loop.Text("name");
        _nodes = [.. loop.Array("nodes").EnumerateArray()];
        foreach ((int i, JsonElement node) in _nodes.Index()) AddName(new JsonObjectReader(node, $"{loop.Place}, nodes[{i}]"), loop.Place);
        if (!loop.Has("initial")) return;
        string place = $"{loop.Place}: 'initial'";
        foreach (JsonProperty start in loop.Object("initial").EnumerateObject())
            if (!_initial.TryAdd(Known(start.Name, place), TextOf(start.Value, place))) throw new InputException($"{place} has the key '{start.Name}' twice");
    }

    /// <summary>All steps' nodes in order, each with its name set.</summary>
    /// <param name="loop">The loop's entry.</param>
    /// <param name="names">Learns what stands for the last step's nodes.</param>
    /// <param name="isTaken">Whether something before has the loop's name.</param>
    public static IEnumerable<JsonElement> Unroll(JsonObjectReader loop, LoopNames names, bool isTaken)
    {
        int steps = loop.Integer("steps");
        var unrolled = new LoopJson(loop);
        loop.Finish();
        names.Begin(unrolled._name, steps, unrolled._nodes.Length, isTaken);
        var all = new List<JsonElement>();
        for (int step = 0; step < steps; step++) unrolled.Add(step, all);
        names.End(unrolled._name, unrolled._now.Select(n => (n, unrolled.NameOf(n, steps - 1))));
        return all;
    }

    private void AddName(JsonObjectReader node, string loop)
    {
        string name = node.Text("name");
        if (name.Contains('[', StringComparison.Ordinal)) throw new InputException($"{node.Place}: the name '{name}' holds '[', which marks the step before");
        if (!_names.Add(name)) throw new InputException($"{loop}: node '{name}' is there twice; names are unique");
        if (node.Text("op") == "loop") throw new InputException($"{loop}: node '{name}' is a loop inside a loop; write the inner one out");
    }

    private string NameOf(string node, int step) => $"{_name}.{step}.{node}";

    private string Known(string name, string place) => _names.Contains(name) ? name : throw new InputException($"{place} names '{name}', which is no node of the loop; {Suggestion.Of(name, _names)}");

    private static string TextOf(JsonElement value, string place) => value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new InputException($"{place} holds {value.GetRawText()}, not the name of a node");

    private void Add(int step, List<JsonElement> all)
    {
        (_before, _now) = (_now, []);
        _absent.Clear();
        foreach (JsonElement element in _nodes)
        {
            var node = JsonObject.Create(element)!.DeepClone().AsObject();
            string name = node["name"]!.GetValue<string>();
            // What is no name is left for the reader of nodes to refuse.
            if (node["of"] is JsonArray of && of.All(static i => i is JsonValue v && v.TryGetValue(out string? _)) && !Connect(node, of, step))
            {
                _absent.Add(name);
                continue;
            }
            if (node["index"] is JsonValue index && index.TryGetValue(out string? word) && word == "step") node["index"] = step;
            Share(node, name, step);
            node["name"] = NameOf(name, step);
            _now.Add(name);
            all.Add(JsonSerializer.SerializeToElement(node));
        }
    }

    /// <summary>Names the inputs of one step; false where one is absent that the node cannot do without.</summary>
    private bool Connect(JsonObject node, JsonArray of, int step)
    {
        string name = node["name"]!.GetValue<string>();
        string?[] inputs = [.. of.Select(i => Resolve(i!.GetValue<string>(), name, step))];
        if (inputs.Contains(null))
        {
            if (node["op"]!.GetValue<string>() != "add" || inputs.All(static i => i is null)) return false;
            inputs = [.. inputs.Where(static i => i is not null)];
            if (inputs.Length == 1) node["op"] = "identity";
        }
        node["of"] = new JsonArray([.. inputs.Select(static i => JsonValue.Create(i))]);
        return true;
    }

    private string? Resolve(string read, string reader, int step)
    {
        string place = $"loop '{_name}': node '{reader}'";
        if (!read.EndsWith(Before, StringComparison.Ordinal))
        {
            if (!_names.Contains(read)) return read;
            if (_absent.Contains(read)) return null;
            return _now.Contains(read) ? NameOf(read, step) : throw new InputException($"{place} reads '{read}', which comes after it; {read}{Before} is that of the step before");
        }
        string name = Known(read[..^Before.Length], place);
        if (step > 0) return _before.Contains(name) ? NameOf(name, step - 1) : null;
        return _initial.GetValueOrDefault(name);
    }

    private void Share(JsonObject node, string name, int step)
    {
        if (node["parameters"] is JsonValue given && given.TryGetValue(out string? other))
        {
            if (_names.Contains(other)) node["parameters"] = _owners.GetValueOrDefault(other, NameOf(other, step));
            return;
        }
        if (!OpCatalog.HasParameters(node["op"]!.GetValue<string>())) return;
        if (_owners.TryGetValue(name, out string? owner)) node["parameters"] = owner;
        else _owners.Add(name, NameOf(name, step));
    }
}
