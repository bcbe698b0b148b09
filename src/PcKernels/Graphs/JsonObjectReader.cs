using System.Text.Json;

namespace PcKernels.Graphs;

/// <summary>Reads one JSON object key by key, checks kinds, and at the end names every key that nobody asked for.</summary>
internal sealed class JsonObjectReader
{
    private readonly Dictionary<string, JsonElement> _values = [];
    private readonly List<string> _asked = [];

    public JsonObjectReader(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new InputException($"{place} is {Kind(element)}, not an object");
        Place = place;
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!_values.TryAdd(property.Name, property.Value)) throw new InputException($"{place} has the key '{property.Name}' twice");
        }
    }

    public string Place { get; set; }

    public bool Has(string key)
    {
        _asked.Add(key);
        return _values.ContainsKey(key);
    }

    public JsonElement Required(string key) =>
        Has(key) ? _values[key] : throw new InputException($"{Place} has no '{key}'; {Suggestion.Of(key, _values.Keys, "its keys", "it is empty")}");

    public string Text(string key, string? otherwise = null)
    {
        if (!Has(key) && otherwise is not null) return otherwise;
        JsonElement value = Required(key);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(key, value, "text");
    }

    public bool? Flag(string key) => !Has(key) ? null : _values[key].ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, _values[key], "true or false"),
    };

    public int Integer(string key)
    {
        JsonElement value = Required(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(key, value, "a whole number");
    }

    public int Integer(string key, int otherwise) => Has(key) ? Integer(key) : otherwise;

    public double Number(string key, double otherwise) => Has(key) ? Number(key) : otherwise;

    public double Number(string key)
    {
        JsonElement value = Required(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : throw Wrong(key, value, "a number");
    }

    public JsonElement Object(string key) => Required(key) is { ValueKind: JsonValueKind.Object } value ? value : throw Wrong(key, _values[key], "an object");

    public JsonElement Array(string key) => Required(key) is { ValueKind: JsonValueKind.Array } value ? value : throw Wrong(key, _values[key], "a list");

    public string[] Texts(string key) => [.. Array(key).EnumerateArray().Select(e =>
        e.ValueKind == JsonValueKind.String ? e.GetString()! : throw Wrong(key, e, "a list of names"))];

    public static int[] Integers(JsonElement value, string place)
    {
        if (value.ValueKind != JsonValueKind.Array) throw new InputException($"{place} is {Kind(value)}, not a list of whole numbers such as [784]");
        return [.. value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int number)
            ? number
            : throw new InputException($"{place} holds {Kind(e)}, not only whole numbers"))];
    }

    /// <summary>Names the first key that was never asked for.</summary>
    public void Finish()
    {
        string? unknown = _values.Keys.FirstOrDefault(k => !_asked.Contains(k));
        if (unknown is not null) throw new InputException($"{Place}: unknown key '{unknown}'; {Suggestion.Of(unknown, _asked.Distinct())}");
    }

    private InputException Wrong(string key, JsonElement value, string wanted) => new($"{Place}: '{key}' is {Kind(value)}, not {wanted}");

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => $"the text \"{value.GetString()}\"",
        JsonValueKind.Number => $"the number {value.GetRawText()}",
        JsonValueKind.Null => "null",
        _ => value.GetRawText(),
    };
}
