using System.Text.Json;
using PcKernels.Checkpoints;
using PcKernels.Data;
using PcKernels.Graphs;
using PcKernels.Initialization;
using PcKernels.Training;

namespace PcKernels.Cli.Inputs;

/// <summary>A safetensors file with parameters, and perhaps the model and the normalisation it was trained with.</summary>
internal sealed class SavedFile
{
    private const string ModelKey = "model";
    private const string NormalisationKey = "normalisation";
    private readonly SafetensorsContent _content;

    private SavedFile(string path, SafetensorsContent content) => (Path, _content) = (path, content);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It cannot be read or is not valid.</exception>
    public static SavedFile Open(string path) => new(path, Safetensors.Load(path));

    /// <summary>The model that it carries, with its parameters.</summary>
    /// <exception cref="InputException">It carries none, or the parameters do not fit.</exception>
    public Model Model()
    {
        if (!_content.Metadata.TryGetValue(ModelKey, out string? json))
            throw new InputException($"{Path}: carries no model in its metadata; give the model file with --model");
        var model = new Model(ModelJson.Parse(json, Path), InitializationScheme.Zeros);
        FillParameters(model);
        return model;
    }

    /// <summary>Puts its parameters into a model.</summary>
    /// <exception cref="InputException">They do not fit.</exception>
    public void FillParameters(Model model) => model.SetParameters(_content.Tensors, Path);

    /// <summary>The normalisation that it carries, or null.</summary>
    /// <exception cref="InputException">Its figures are damaged.</exception>
    public Normalisation? Normalisation()
    {
        if (!_content.Metadata.TryGetValue(NormalisationKey, out string? json)) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return new Normalisation(Figures(document, "mean"), Figures(document, "deviation"));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or InputException)
        {
            throw new InputException($"{Path}: the metadata '{NormalisationKey}' is damaged; {{\"mean\": […], \"deviation\": […]}} with finite numbers is expected", error);
        }
    }

    /// <summary>The metadata that <see cref="Normalisation"/> reads.</summary>
    public static Dictionary<string, string> Metadata(Normalisation? normalisation)
    {
        if (normalisation is null) return [];
        string figures = JsonSerializer.Serialize(new Dictionary<string, float[]>
        {
            ["mean"] = normalisation.Mean.ToArray(),
            ["deviation"] = normalisation.Deviation.ToArray(),
        });
        return new Dictionary<string, string> { [NormalisationKey] = figures };
    }

    private static float[] Figures(JsonDocument document, string key) => [.. document.RootElement.GetProperty(key).EnumerateArray().Select(static e => e.GetSingle())];
}
