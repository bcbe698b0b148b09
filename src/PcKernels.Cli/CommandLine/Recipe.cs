using System.Text.Json;
using PcKernels.Graphs;

namespace PcKernels.Cli.CommandLine;

/// <summary>Reads a recipe: one JSON object whose keys are option names without dashes.</summary>
internal static class Recipe
{
    /// <summary>Options of the file that this command takes. Those of other commands are passed over, so that one recipe serves <c>train</c>, <c>plan</c> and <c>compare</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="taken">Options of this command.</param>
    /// <param name="known">Options of all commands.</param>
    /// <exception cref="InputException">The file cannot be read, is no such object, or holds a key that no command knows.</exception>
    public static Dictionary<string, string> Read(string path, IReadOnlyList<OptionSpec> taken, IReadOnlyList<OptionSpec> known)
    {
        using JsonDocument document = Parse(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new InputException($"{path}: a recipe is one JSON object of options, such as {{\"rule\": \"ipc\", \"lr\": 0.0001}}");
        var values = new Dictionary<string, string>();
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (!known.Any(o => o.Name == property.Name && o.InRecipe))
                throw new InputException($"{path}: unknown key '{property.Name}'; {Suggestion.Of(property.Name, known.Where(static o => o.InRecipe).Select(static o => o.Name).Distinct())}");
            string text = TextOf(property, path);
            if (!taken.Any(o => o.Name == property.Name && o.InRecipe)) continue;
            if (!values.TryAdd(property.Name, text)) throw new InputException($"{path}: has the key '{property.Name}' twice; each key may stand once");
        }
        return values;
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            if (Directory.Exists(path)) throw new InputException($"{path}: is a folder; the path of a recipe (JSON) is expected");
            return JsonDocument.Parse(File.ReadAllText(path));
        }
        catch (JsonException error)
        {
            throw new InputException($"{path}: no JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}; a recipe is one JSON object", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read ({error.Message.ReplaceLineEndings(" ").TrimEnd('.')}); give the path of a recipe (JSON)", error);
        }
    }

    private static string TextOf(JsonProperty property, string path) => property.Value.ValueKind switch
    {
        JsonValueKind.String => property.Value.GetString()!,
        JsonValueKind.Number => property.Value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw new InputException($"{path}: '{property.Name}' is neither a text, a number nor true or false"),
    };
}
