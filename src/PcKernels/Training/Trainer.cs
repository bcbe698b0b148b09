using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Planning;
using PcKernels.Rules;

namespace PcKernels.Training;

/// <summary>Trains a model on a device, batch by batch, and predicts with the parameters as they are.</summary>
/// <remarks>
/// One thread at a time; the device's own workers are inside. The model given is not changed until <see cref="CopyTo"/>. A batch size is planned when it
/// first appears; after that a step allocates nothing. Dispose frees all memory on the device.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly Dictionary<int, FedProgram> _training = [];
    private readonly Dictionary<int, FedProgram> _predicting = [];
    private PreparedProgram? _given;
    private PreparedProgram? _last;

    /// <summary>Opens a session on the device and copies the model's parameters there.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Rule, optimiser and the rest.</param>
    /// <param name="device">Where to run; all processors by default.</param>
    /// <exception cref="InputException">Options and model do not fit.</exception>
    public Trainer(Model model, TrainingOptions options, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        if (options.DType is not (DType.F32 or DType.F64)) throw new InputException($"--dtype {options.DType}: values are f32 or f64");
        Graph = model.Graph;
        Options = options;
        Device = device ?? new CpuDevice();
        Device.Check(Graph);
        Session = Device.Open(new ParameterLayout(Graph, options.Optimizer), options.DType);
        foreach (ParameterInfo parameter in Graph.Parameters)
            Session.Write(Session.Layout.Parameter(parameter.Name), model.Parameters[parameter.Name].AsSpan<double>());
    }

    /// <summary>Parameters, optimiser state and workers on the device.</summary>
    internal DeviceSession Session { get; }

    /// <summary>The model's graph.</summary>
    public Graph Graph { get; }

    /// <summary>The options.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The device.</summary>
    public Device Device { get; }

    /// <summary>Moves of θ so far.</summary>
    public long Updates { get; private set; }

    /// <summary>Batches so far.</summary>
    public long Batches { get; private set; }

    /// <summary>The program of the last step, or null before the first.</summary>
    public Program? Program => _last?.Program;

    /// <summary>The mean energies of the last step: row t, one column per <see cref="Planning.Program.EnergySlots"/>; <c>[EnergyRows, slots]</c> row-major.</summary>
    /// <exception cref="InvalidOperationException">No step was made.</exception>
    public ReadOnlySpan<double> EnergyTrace => Last.Energies;

    /// <summary>The mean energies of the last step vertex by vertex, one per <see cref="Planning.Program.EnergySlots"/>; <see cref="Step(ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/> returned their sum.</summary>
    /// <exception cref="InvalidOperationException">No step was made.</exception>
    public ReadOnlySpan<double> VertexEnergies => Last.Energies.Slice(ReportedRow(Last) * Last.Program.EnergySlots.Count, Last.Program.EnergySlots.Count);

    private static RunSettings PredictionSettings => new(1, 0, 0, 0, true);

    private PreparedProgram Last => _last ?? throw new InvalidOperationException("no step was made yet");

    /// <summary>The program for a batch of that size, planned if it is new.</summary>
    /// <param name="batch">Samples, ≥ 1.</param>
    /// <param name="givenStarts">Vertices whose starting values the batch gives.</param>
    public Program Plan(int batch, IReadOnlySet<string>? givenStarts = null) => Planner.Plan(Graph, Options.Rule, new PlanOptions
    {
        Batch = batch,
        Optimizer = Options.Optimizer,
        Plain = Options.Plain,
        KeepGradients = Options.KeepGradients,
        FinalErrors = Options.FinalErrors,
        Dual = Device.KnowsDualForm ? Options.Dual : DualForm.Never,
        ClipNorm = Options.ClipNorm,
        OutputVariance = Options.OutputVariance,
        PrecisionDecay = Options.PrecisionDecay,
        GivenStarts = givenStarts ?? new HashSet<string>(),
    });

    /// <summary>One batch of a model with one input and one output.</summary>
    /// <param name="inputs">Row-major <c>[B, …]</c>; empty for a generative model.</param>
    /// <param name="targets">Row-major <c>[B, …]</c>.</param>
    /// <param name="count">B ≥ 1.</param>
    /// <returns>The energy of the last row of the trace: the mean over the batch of the sum over all vertices.</returns>
    /// <exception cref="InputException">The numbers of elements do not fit the model.</exception>
    /// <exception cref="RunException">An energy is not finite; parameters on the device are then unusable.</exception>
    public double Step(ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets, int count)
    {
        FedProgram fed = Prepared(count);
        CheckPorts(Graph.Inputs.Count == 0 && inputs.Length > 0);
        fed.WriteInputs(inputs);
        fed.WriteTargets(targets);
        return Run(fed.Program);
    }

    /// <summary>One batch of a model with one input and one output, read sample by sample: on the CPU by all workers, straight to where they need it.</summary>
    /// <param name="batch">The samples; not held after the call. A model without an input is asked for targets only.</param>
    /// <returns>As <see cref="Step(ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/>.</returns>
    /// <exception cref="InputException">The numbers of elements do not fit the model.</exception>
    /// <exception cref="RunException">An energy is not finite; parameters on the device are then unusable.</exception>
    public double Step(ISampleBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        FedProgram fed = Prepared(batch.Count);
        CheckPorts(false);
        return Run(fed.Program, fed.Feed(batch, hasTargets: true));
    }

    /// <summary>One batch that lies on the device already: the inputs and targets that the call before wrote, or that another library wrote where <see cref="Memory"/> says.</summary>
    /// <param name="count">B ≥ 1, of a batch that was stepped or located before.</param>
    /// <returns>As <see cref="Step(ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/>.</returns>
    /// <exception cref="InputException">No batch of this size was.</exception>
    /// <exception cref="RunException">An energy is not finite.</exception>
    public double Step(int count) => _training.TryGetValue(count, out FedProgram? fed) ? Run(fed.Program)
        : throw new InputException($"no batch of {count} lies on the device; step with its numbers first, or ask Memory where to write them");

    /// <summary>Where a buffer of the training program lies, so that another library can read or write it in place.</summary>
    /// <param name="name">A parameter (<c>h1.weight</c>), <c>input/NAME</c>, <c>target/NODE</c>, <c>value/NODE</c> or <c>error/NODE</c>.</param>
    /// <param name="count">B ≥ 1 of the program; it is planned if it is new.</param>
    /// <returns>The place; good until the trainer is disposed. Between steps it may be used freely; a step has ended when its call returns.</returns>
    /// <exception cref="InputException">There is no such buffer, or the device's memory cannot be reached from outside.</exception>
    public DeviceMemory Memory(string name, int count)
    {
        ArgumentNullException.ThrowIfNull(name);
        PreparedProgram program = Prepared(count).Program;
        if (Graph.Parameters.Any(p => p.Name == name)) return Session.Memory(Session.Layout.Parameter(name));
        return program.Program.Results.TryGetValue(name, out PlanBuffer? buffer) ? program.Memory(buffer)
            : throw new InputException($"there is no '{name}'; {Suggestion.Of(name, program.Program.Results.Keys.Concat(Graph.Parameters.Select(static p => p.Name)))}");
    }

    /// <summary>One batch given by name: every input, every output's target under the output node's name, and perhaps <c>value/NODE</c>, a vertex's starting value.</summary>
    /// <param name="batch">Tensors <c>[B, …]</c> of any floating type.</param>
    /// <returns>As <see cref="Step(ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/>.</returns>
    /// <exception cref="InputException">A tensor is missing, unknown, of another shape, or not finite.</exception>
    /// <exception cref="RunException">An energy is not finite.</exception>
    public double Step(IReadOnlyDictionary<string, Tensor> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var feed = new NamedBatch(Graph, batch);
        PreparedProgram program = feed.GivenStarts.Count == 0 ? Prepared(feed.Count).Program : PreparedFor(feed);
        foreach ((string name, Tensor tensor) in feed.ByResult) program.Write(program.Program.Results[name], tensor.ToDoubles());
        return Run(program);
    }

    /// <summary>The outputs of a model with one input and one output for a batch, with the parameters as they are.</summary>
    /// <param name="inputs">Row-major <c>[B, …]</c>.</param>
    /// <param name="count">B ≥ 1.</param>
    /// <param name="predictions">Receives μ of the output, <c>[B, …]</c>.</param>
    /// <exception cref="InputException">The numbers of elements do not fit.</exception>
    public void Predict(ReadOnlySpan<float> inputs, int count, Span<float> predictions)
    {
        FedProgram fed = PreparedPrediction(count, predictions.Length);
        fed.WriteInputs(inputs);
        fed.Program.Run(PredictionSettings);
        fed.Program.Read(fed.Output, predictions);
    }

    /// <summary>The outputs of a model with one input and one output for a batch read sample by sample, with the parameters as they are.</summary>
    /// <param name="batch">The samples; only their inputs are asked for.</param>
    /// <param name="predictions">Receives μ of the output, <c>[B, …]</c>.</param>
    /// <exception cref="InputException">The numbers of elements do not fit.</exception>
    public void Predict(ISampleBatch batch, Span<float> predictions)
    {
        ArgumentNullException.ThrowIfNull(batch);
        FedProgram fed = PreparedPrediction(batch.Count, predictions.Length);
        fed.Program.Run(PredictionSettings, fed.Feed(batch, hasTargets: false));
        fed.Program.Read(fed.Output, predictions);
    }

    /// <summary>Mean energies of the last step summed over all vertices, one per row of the trace.</summary>
    public double[] Energies()
    {
        int slots = Last.Program.EnergySlots.Count;
        return [.. Enumerable.Range(0, Last.Program.EnergyRows).Select(t => Sum(t, slots))];
    }

    /// <summary>The value x of a vertex after the last step, <c>[B, …]</c>.</summary>
    /// <exception cref="InputException">The rule keeps none under that name.</exception>
    public Tensor Value(string vertex) => ReadResult($"value/{vertex}", vertex);

    /// <summary>The error ε (not multiplied by π) of a vertex after the last step, <c>[B, …]</c>.</summary>
    /// <exception cref="InputException">The rule keeps none under that name.</exception>
    public Tensor Error(string vertex) => ReadResult($"error/{vertex}", vertex);

    /// <summary>The last mean gradient of a parameter, before weight decay.</summary>
    /// <exception cref="InputException">There is no such parameter, or <see cref="TrainingOptions.KeepGradients"/> is off.</exception>
    public Tensor Gradient(string parameter)
    {
        if (!Options.KeepGradients) throw new InputException("gradients are not kept; set TrainingOptions.KeepGradients");
        return ReadParameter(parameter, $"grad/{parameter}");
    }

    /// <summary>A parameter as it is now, in the element type of the session.</summary>
    /// <exception cref="InputException">There is no such parameter.</exception>
    public Tensor Parameter(string parameter) => ReadParameter(parameter, null);

    /// <summary>Names of vertices and outputs with a value and an error after the last step.</summary>
    public IEnumerable<string> ReadableVertices => Last.Program.Results.Keys.Where(static k => k.StartsWith("value/", StringComparison.Ordinal)).Select(static k => k["value/".Length..]);

    /// <summary>Copies the parameters back into a model of the same graph.</summary>
    public void CopyTo(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.SetParameters(Graph.Parameters.ToDictionary(static p => p.Name, p => Parameter(p.Name)), "the trained parameters");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FedProgram fed in _training.Values.Concat(_predicting.Values)) fed.Program.Dispose();
        _given?.Dispose();
        Session.Dispose();
    }

    private FedProgram Prepared(int count)
    {
        if (_training.TryGetValue(count, out FedProgram? known)) return known;
        bool keeps = Options.Rule is PredictiveCoding { Start: ValueStart.Keep } or IncrementalPredictiveCoding { Start: ValueStart.Keep };
        if (keeps && _training.Count > 0)
            throw new InputException($"--start keep goes on from the last values, so every batch must be the same full batch; one of {count} follows another size: use --batch all");
        FedProgram fed = FedProgram.Training(Session.Prepare(Plan(count)));
        _training.Add(count, fed);
        return fed;
    }

    private FedProgram PreparedPrediction(int count, int predictions)
    {
        if (!_predicting.TryGetValue(count, out FedProgram? fed)) _predicting.Add(count, fed = FedProgram.Prediction(Session.Prepare(Planner.PlanPrediction(Graph, count))));
        if (Graph.Inputs.Count != 1 || Graph.Outputs.Count != 1)
            throw new InputException($"model '{Graph.Name}' has {Graph.Inputs.Count} inputs and {Graph.Outputs.Count} outputs; a prediction needs one of each");
        return predictions == fed.Output.Count ? fed
            : throw new InputException($"the predictions of {count} samples are {fed.Output.Count} elements, not {predictions}");
    }

    private void CheckPorts(bool hasStrayInputs)
    {
        if (Graph.Inputs.Count > 1 || Graph.Outputs.Count > 1 || hasStrayInputs)
            throw new InputException($"model '{Graph.Name}' has {Graph.Inputs.Count} inputs and {Graph.Outputs.Count} outputs; this call feeds one input and one output");
    }

    // Given starts are for looking at single batches, so only the last such program is held.
    private PreparedProgram PreparedFor(NamedBatch feed)
    {
        _given?.Dispose();
        return _given = Session.Prepare(Plan(feed.Count, feed.GivenStarts));
    }

    private double Run(PreparedProgram program, SampleFeed? feed = null)
    {
        double factor = Options.Schedule.Factor(Batches, Options.TotalBatches);
        var settings = new RunSettings(factor, Updates, Batches, Options.Seed, Batches == 0);
        if (feed is { } samples) program.Run(settings, samples);
        else program.Run(settings);
        _last = program;
        Batches++;
        Updates += program.Program.Updates;
        CheckFinite(program);
        return Sum(ReportedRow(program), program.Program.EnergySlots.Count);
    }

    // Without a last row (iPC in training) the last step's energy stands for the batch.
    private int ReportedRow(PreparedProgram program)
    {
        int row = program.Program.EnergyRows - 1;
        bool hasFinal = Options.FinalErrors || Options.Rule is not IncrementalPredictiveCoding || row == 0;
        return hasFinal ? row : row - 1;
    }

    private double Sum(int row, int slots)
    {
        double sum = 0;
        foreach (double energy in Last.Energies.Slice(row * slots, slots)) sum += energy;
        return sum;
    }

    private void CheckFinite(PreparedProgram program)
    {
        ReadOnlySpan<double> energies = program.Energies;
        for (int i = 0; i < energies.Length; i++)
        {
            if (double.IsFinite(energies[i])) continue;
            int slots = program.Program.EnergySlots.Count;
            throw new RunException($"the energy of vertex '{program.Program.EnergySlots[i % slots]}' is {energies[i]} at step {i / slots} of batch {Batches} ({Describe()}); use a smaller --gamma or --lr");
        }
    }

    private string Describe()
    {
        string inference = Options.Rule switch
        {
            PredictiveCoding pc => $", T {pc.Steps}, gamma {pc.Gamma}",
            IncrementalPredictiveCoding ipc => $", T {ipc.Steps}, gamma {ipc.Gamma}",
            FixedPrediction fpa => $", T {fpa.Steps}, gamma {fpa.Gamma}",
            _ => "",
        };
        return $"rule {Options.Rule.Name}{inference}, lr {Options.Optimizer.LearningRate}";
    }

    private Tensor ReadResult(string result, string vertex)
    {
        if (!Last.Program.Results.TryGetValue(result, out PlanBuffer? buffer))
            throw new InputException(Options.Rule is ZeroDivergence && !Options.FinalErrors && Graph.Vertices.Any(v => v.Name == vertex)
                ? $"rule zil keeps no {result} in training; set TrainingOptions.FinalErrors"
                : $"rule {Options.Rule.Name} keeps no {result}; {Suggestion.Of(vertex, ReadableVertices)}");
        Node node = Last.Program.Graph[vertex];
        var values = new double[buffer.Count];
        Last.Read(buffer, values);
        return Tensor.From<double>(values, [Last.Program.Options.Batch, .. node.Shape]).To(Options.DType);
    }

    private Tensor ReadParameter(string parameter, string? result)
    {
        ParameterInfo info = Graph.Parameters.FirstOrDefault(p => p.Name == parameter)
            ?? throw new InputException($"model '{Graph.Name}' has no parameter '{parameter}'; {Suggestion.Of(parameter, Graph.Parameters.Select(static p => p.Name))}");
        var values = new double[info.Count];
        if (result is null) Session.Read(Session.Layout.Parameter(parameter), values);
        else if (Last.Program.Results.TryGetValue(result, out PlanBuffer? buffer)) Last.Read(buffer, values);
        return Tensor.From<double>(values, [.. info.Shape]).To(Options.DType);
    }
}
