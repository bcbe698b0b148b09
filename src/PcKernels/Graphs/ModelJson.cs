using System.Text;
using System.Text.Json;

namespace PcKernels.Graphs;

/// <summary>The model file: JSON as DESIGN §5 fixes it. An unknown key, op or name is an error that names it and lists what is known.</summary>
public static class ModelJson
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32 };
    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a model file.</summary>
    /// <exception cref="InputException">The file cannot be read or is no model; the message names file and place.</exception>
    public static Graph Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path, s_strictUtf8), path);
        }
        catch (DecoderFallbackException error)
        {
            throw new InputException($"{path}: is not UTF-8; a model file is JSON in UTF-8", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read ({error.Message.TrimEnd('.')}); give the path of a model file, or a name that pck models lists", error);
        }
    }

    /// <summary>Reads a model from JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="place">What an error calls it, usually the file's path.</param>
    /// <exception cref="InputException">The text is no model.</exception>
    public static Graph Parse(string json, string place = "model")
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, s_options);
            return Read(document.RootElement);
        }
        catch (JsonException error)
        {
            throw new InputException($"{place}: no JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}; a model file is one JSON object", error);
        }
        catch (InputException error)
        {
            throw new InputException($"{place}: {OneLine(error.Message)}", error);
        }
        // JsonElement has no other way to say that an escaped text is no valid UTF-16.
        catch (InvalidOperationException error)
        {
            throw new InputException($"{place}: a text holds half of a surrogate pair (\\uD800 to \\uDFFF); write the character whole", error);
        }
    }

    /// <summary>Writes a graph as a model file; reading it gives an equal graph.</summary>
    public static string Write(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            ModelJsonWriter.Write(writer, graph);
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    // What a file names may hold line breaks; an error stays one line.
    private static string OneLine(string message) => string.Concat(message.Select(static c => char.IsControl(c) ? $"\\u{(int)c:x4}" : $"{c}"));

    private static Graph Read(JsonElement root)
    {
        var model = new JsonObjectReader(root, "the model");
        string name = model.Text("name", "model");
        var builder = new GraphBuilder(name);
        foreach (JsonProperty input in model.Object("inputs").EnumerateObject())
            builder.Input(input.Name, JsonObjectReader.Integers(input.Value, $"inputs '{input.Name}'"));
        JsonElement nodes = model.Array("nodes");
        var later = nodes.EnumerateArray().Where(static n => n.ValueKind == JsonValueKind.Object && n.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String)
            .Select(static n => n.GetProperty("name").GetString()!).ToHashSet();
        var loops = new LoopNames();
        int index = 0;
        foreach (JsonElement node in nodes.EnumerateArray())
        {
            var reader = new JsonObjectReader(node, $"nodes[{index++}]");
            if (!IsLoop(node))
            {
                NodeJson.Read(builder, reader, later, loops);
                continue;
            }
            string loop = reader.Text("name");
            reader.Place = $"loop '{loop}'";
            _ = reader.Has("op");
            foreach (JsonElement unrolled in LoopJson.Unroll(reader, loops, builder.Contains(loop))) NodeJson.Read(builder, new JsonObjectReader(unrolled, reader.Place), later, loops);
        }
        ReadOutputs(builder, model.Required("output"), loops);
        model.Finish();
        return builder.Build();
    }

    private static bool IsLoop(JsonElement node) =>
        node.ValueKind == JsonValueKind.Object && node.TryGetProperty("op", out JsonElement op) && op.ValueKind == JsonValueKind.String && op.ValueEquals("loop");

    private static void ReadOutputs(GraphBuilder builder, JsonElement outputs, LoopNames loops)
    {
        JsonElement[] all = outputs.ValueKind == JsonValueKind.Array ? [.. outputs.EnumerateArray()] : [outputs];
        foreach (JsonElement element in all)
        {
            var output = new JsonObjectReader(element, "output");
            string likelihood = output.Text("likelihood", "gaussian");
            if (likelihood is not ("gaussian" or "categorical"))
                throw new InputException($"output: likelihood '{likelihood}' is unknown; {Suggestion.Of(likelihood, ["gaussian", "categorical"])}");
            builder.Output(loops.Resolve(output.Text("node"), output.Place), likelihood == "gaussian" ? Likelihood.Gaussian : Likelihood.Categorical);
            output.Finish();
        }
    }
}
