using PcKernels.Checkpoints;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Initialization;
using PcKernels.Models;

namespace PcKernels.Training;

/// <summary>A graph with numbers for its parameters, on the host.</summary>
/// <remarks>Not synchronised: one thread at a time.</remarks>
public sealed class Model
{
    private const string MetadataKey = "model";
    private readonly Dictionary<string, Tensor> _parameters = [];

    /// <summary>A model whose parameters are initialised.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scheme">How weights and biases start; learned precisions start at the value the graph gives.</param>
    /// <param name="seed">Seed of the random numbers.</param>
    public Model(Graph graph, InitializationScheme scheme = InitializationScheme.PyTorch, ulong seed = 0)
    {
        Graph = graph ?? throw new ArgumentNullException(nameof(graph));
        foreach (ParameterInfo parameter in graph.Parameters)
        {
            var values = new double[parameter.Count];
            if (parameter.Role == ParameterRole.LogVariance) FillLogVariance(graph.Nodes[parameter.Owner].Precision, values);
            else Initializers.Fill(scheme, parameter, seed, values);
            _parameters.Add(parameter.Name, Tensor.From<double>(values, [.. parameter.Shape]));
        }
    }

    /// <summary>The graph.</summary>
    public Graph Graph { get; }

    /// <summary>Parameters by name, F64.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => _parameters;

    /// <summary>The default model: in-hidden-…-out, linear layers with one activation between them and a linear output.</summary>
    /// <exception cref="InputException">A width is not positive.</exception>
    public static Model Mlp(int inputs, IReadOnlyList<int> hidden, int outputs, Activation activation = Activation.Tanh,
        Likelihood likelihood = Likelihood.Gaussian, ulong seed = 0, InitializationScheme scheme = InitializationScheme.PyTorch)
    {
        ArgumentNullException.ThrowIfNull(hidden);
        var builder = new GraphBuilder("mlp").Input("x", inputs);
        string below = "x";
        foreach ((int i, int units) in hidden.Index())
        {
            builder.Add($"h{i + 1}", new LinearOp(units, Activation: activation), [below]);
            below = $"h{i + 1}";
        }
        builder.Add("y", new LinearOp(outputs), [below]).Output("y", likelihood);
        return new Model(builder.Build(), scheme, seed);
    }

    /// <summary>Reads a model: one of <see cref="ShippedModels"/> by its name, a model file (JSON; parameters are initialised) or a safetensors file that carries its model, as <see cref="Save"/> writes it.</summary>
    /// <remarks>The name of a shipped model always means that model; a file of the same name is <c>./NAME</c>.</remarks>
    /// <exception cref="InputException">The file cannot be read, or carries no model; the message names file and place.</exception>
    public static Model Load(string path, InitializationScheme scheme = InitializationScheme.PyTorch, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) return new Model(LoadGraph(path), scheme, seed);
        SafetensorsContent content = Safetensors.Load(path);
        if (!content.Metadata.TryGetValue(MetadataKey, out string? json))
            throw new InputException($"{path}: carries no model in its metadata; give the model file with --model and this one with --parameters");
        var model = new Model(ModelJson.Parse(json, path), InitializationScheme.Zeros);
        model.SetParameters(content.Tensors, path);
        return model;
    }

    /// <summary>The graph that <see cref="Load"/> would give its model, without making parameters.</summary>
    /// <exception cref="InputException">The file cannot be read, or carries no model; the message names file and place.</exception>
    public static Graph LoadGraph(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (ShippedModels.Contains(path)) return ShippedModels.Find(path).ReadGraph();
        return path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ? Load(path).Graph : ModelJson.Load(path);
    }

    /// <summary>Takes parameters from a safetensors file with PyTorch's names and layouts (F32 or F64).</summary>
    /// <exception cref="InputException">The file cannot be read, a parameter is missing, too much, of another shape or type, or not finite.</exception>
    public void LoadParameters(string path) => SetParameters(Safetensors.Load(path).Tensors, path);

    /// <summary>Takes parameters from tensors.</summary>
    /// <param name="tensors">One per parameter, F32 or F64, with its shape.</param>
    /// <param name="place">What an error calls their origin.</param>
    /// <exception cref="InputException">A parameter is missing, too much, of another shape or type, or not finite.</exception>
    public void SetParameters(IReadOnlyDictionary<string, Tensor> tensors, string place = "parameters")
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var taken = new Dictionary<string, Tensor>();
        foreach (ParameterInfo parameter in Graph.Parameters)
        {
            if (!tensors.TryGetValue(parameter.Name, out Tensor? tensor))
            {
                // A file without learned precisions belongs to the same model before they were learned.
                if (parameter.Role == ParameterRole.LogVariance) continue;
                throw new InputException($"{place}: has no '{parameter.Name}' {Tensor.FormatShape(parameter.Shape)}; {Suggestion.Of(parameter.Name, tensors.Keys, "it holds", "it is empty")}");
            }
            taken[parameter.Name] = Checked(parameter, tensor, place);
        }
        string? extra = tensors.Keys.FirstOrDefault(k => !_parameters.ContainsKey(k));
        if (extra is not null) throw new InputException($"{place}: '{extra}' is no parameter of model '{Graph.Name}'; {Suggestion.Of(extra, _parameters.Keys)}");
        // Only now, so that refused tensors leave the model as it was.
        foreach ((string name, Tensor tensor) in taken) _parameters[name] = tensor;
    }

    /// <summary>Writes parameters and the model itself into one safetensors file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dtype">F32 (the default) or F64.</param>
    /// <param name="metadata">More metadata, such as the data's normalisation.</param>
    /// <exception cref="RunException">The file cannot be written; an old one is still there.</exception>
    public void Save(string path, DType dtype = DType.F32, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var all = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>()) { [MetadataKey] = ModelJson.Write(Graph) };
        Safetensors.Save(path, _parameters.Select(p => KeyValuePair.Create(p.Key, p.Value.To(dtype))), all);
    }

    private static Tensor Checked(ParameterInfo parameter, Tensor tensor, string place)
    {
        if (tensor.DType is not (DType.F32 or DType.F64)) throw new InputException($"{place}: '{parameter.Name}' is {tensor.DType}, not F32 or F64");
        if (!tensor.Shape.SequenceEqual(parameter.Shape))
            throw new InputException($"{place}: '{parameter.Name}' has shape {Tensor.FormatShape(tensor.Shape)}, the model needs {Tensor.FormatShape(parameter.Shape)}");
        double[] values = tensor.ToDoubles();
        int wrong = Array.FindIndex(values, static v => !double.IsFinite(v));
        if (wrong >= 0) throw new InputException($"{place}: '{parameter.Name}' holds {values[wrong]} at element {wrong}; parameters must be finite");
        return Tensor.From<double>(values, [.. parameter.Shape]);
    }

    private static void FillLogVariance(Precision precision, double[] values)
    {
        for (int i = 0; i < values.Length; i++) values[i] = -Math.Log(precision.Initial[precision.Initial.Count == 1 ? 0 : i]);
    }
}
