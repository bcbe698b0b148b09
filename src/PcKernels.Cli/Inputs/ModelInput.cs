using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Settings;
using PcKernels.Data;
using PcKernels.Graphs;
using PcKernels.Training;

namespace PcKernels.Cli.Inputs;

/// <summary>The model a command works on, from <c>--model</c> and <c>--parameters</c>.</summary>
internal static class ModelInput
{
    /// <summary>The model file.</summary>
    public static OptionSpec ModelOption { get; } = new("model", "NAME|FILE", "a model of pck models, a model file (JSON), or a saved .safetensors file that carries its model", Default: "in-128-128-classes, tanh");

    /// <summary>The parameter file.</summary>
    public static OptionSpec ParametersOption { get; } = new("parameters", "FILE", "parameters to start from (.safetensors, PyTorch's names and layouts)", Default: "initialised by --init and --seed");

    /// <summary>The model and, from its saved file, the normalisation it was trained with; the model is null where neither option is given.</summary>
    /// <exception cref="InputException">A file cannot be read or does not fit.</exception>
    public static (Model? Model, Normalisation? Normalisation) Read(OptionValues options)
    {
        string? path = options.Text("model"), parameters = options.Text("parameters");
        SavedFile? saved = parameters is null ? null : SavedFile.Open(parameters);
        Normalisation? normalisation = saved?.Normalisation();
        Model? model = null;
        if (path is not null && path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            SavedFile carrier = SavedFile.Open(path);
            model = carrier.Model();
            normalisation ??= carrier.Normalisation();
        }
        else if (path is not null) model = Model.Load(path, TrainingSettings.InitOf(options), options.Seed());
        if (saved is not null && model is null) model = saved.Model();
        else if (saved is not null) saved.FillParameters(model!);
        return (model, normalisation);
    }

    /// <summary>The graph alone, for what needs no parameters; null where neither option is given.</summary>
    /// <exception cref="InputException">A file cannot be read or does not fit.</exception>
    public static Graph? ReadGraph(OptionValues options) =>
        options.Text("parameters") is null && options.Text("model") is string path ? Model.LoadGraph(path) : Read(options).Model?.Graph;

    /// <summary>The model for a data set when none is given: in-128-128-out, tanh.</summary>
    public static Model Default(OptionValues options, DataPart part) => Model.Mlp(part.SampleSize, [TrainingDefaults.HiddenUnits, TrainingDefaults.HiddenUnits],
        Math.Max(1, part.Classes > 0 ? part.Classes : part.TargetWidth), seed: options.Seed(), scheme: TrainingSettings.InitOf(options));
}
