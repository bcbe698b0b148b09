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
    private const int MostNodes = 100_000;
    private readonly string _name;
    private readonly JsonElement[] _nodes;
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, string> _initial = [];
    private readonly Dictionary<string, string> _owners = [];
    private readonly HashSet<string> _absent = [];
    private HashSet<string> _before = [], _now = [];

    private LoopJson(JsonObjectReader loop, int steps)
    {
        _name = loop.Text("name");
        _nodes = [.. loop.Array("nodes").EnumerateArray()];
        if (steps < 1 || (long)steps * Math.Max(1, _nodes.Length) > MostNodes) throw new InputException($"{loop.Place}: {steps} steps of {_nodes.Length} nodes; steps must be ≥ 1 and all nodes together at most {MostNodes}");
        foreach ((int i, JsonElement node) in _nodes.Index())
        {
            string place = $"{loop.Place}, nodes[{i}]", name = new JsonObjectReader(node, place).Text("name");
            if (name.Contains('[', StringComparison.Ordinal)) throw new InputException($"{place}: the name '{name}' holds '[', which marks the step before");
            if (!_names.Add(name)) throw new InputException($"{loop.Place}: node '{name}' is there twice; names are unique");
        }
        if (loop.Has("initial"))
            foreach (JsonProperty start in loop.Object("initial").EnumerateObject()) _initial.Add(Known(start.Name, $"{loop.Place}: 'initial'"), TextOf(start.Value, $"{loop.Place}: 'initial'"));
    }

    /// <summary>All steps' nodes in order, each with its name set; the names that stand for the last step's nodes are added.</summary>
    public static IEnumerable<JsonElement> Unroll(JsonObjectReader loop, Dictionary<string, string> last)
    {
        int steps = loop.Integer("steps");
        var unrolled = new LoopJson(loop, steps);
        loop.Finish();
        var all = new List<JsonElement>();
        for (int step = 0; step < steps; step++) unrolled.Add(step, all);
        foreach (string name in unrolled._now) last[$"{unrolled._name}.{name}"] = unrolled.NameOf(name, steps - 1);
        return all;
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
            string name = node["name"]!.GetValue<string>(), op = node["op"] is JsonValue v && v.TryGetValue(out string? text) ? text : "";
            if (node["of"] is JsonArray of && !Connect(node, of, step, op))
            {
                _absent.Add(name);
                continue;
            }
            if (node["index"] is JsonValue index && index.TryGetValue(out string? word) && word == "step") node["index"] = step;
            Share(node, name, op, step);
            node["name"] = NameOf(name, step);
            _now.Add(name);
            all.Add(JsonSerializer.SerializeToElement(node));
        }
    }

    /// <summary>Names the inputs of one step; false where one of them is absent.</summary>
    private bool Connect(JsonObject node, JsonArray of, int step, string op)
    {
        string?[] inputs = [.. of.Select(i => i is JsonValue v && v.TryGetValue(out string? read) ? Resolve(read, step) : i?.ToJsonString())];
        if (inputs.Contains(null))
        {
            if (op != "add" || inputs.All(static i => i is null)) return false;
            inputs = [.. inputs.Where(static i => i is not null)];
            if (inputs.Length == 1) node["op"] = "identity";
        }
        node["of"] = new JsonArray([.. inputs.Select(static i => JsonValue.Create(i))]);
        return true;
    }

    private string? Resolve(string read, int step)
    {
        if (!read.EndsWith(Before, StringComparison.Ordinal)) return !_names.Contains(read) ? read : _absent.Contains(read) ? null : NameOf(read, step);
        string name = Known(read[..^Before.Length], $"loop '{_name}'");
        if (step > 0) return _before.Contains(name) ? NameOf(name, step - 1) : null;
        return _initial.GetValueOrDefault(name);
    }

    private void Share(JsonObject node, string name, string op, int step)
    {
        if (node["parameters"] is JsonValue given && given.TryGetValue(out string? other))
        {
            if (_names.Contains(other)) node["parameters"] = _owners.GetValueOrDefault(other, NameOf(other, step));
            return;
        }
        if (!OpCatalog.HasParameters(op)) return;
        if (_owners.TryGetValue(name, out string? owner)) node["parameters"] = owner;
        else _owners.Add(name, NameOf(name, step));
    }
}
