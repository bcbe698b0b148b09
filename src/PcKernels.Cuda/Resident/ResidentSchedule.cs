using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Resident;

/// <summary>A program as steps of a chain whose weights stay on the chip: what every layer does in every step.</summary>
/// <remarks>
/// It is read off the tasks: they are followed in order, and each is given to the first step at whose beginning values and weights are those that it
/// reads. A program that cannot be told so is none for the resident kernel, and the reason says which condition fails.
/// </remarks>
internal sealed class ResidentSchedule
{
    private ResidentSchedule(IReadOnlyList<ResidentLayer> layers, IReadOnlyList<ResidentStep> steps) => (Layers, Steps) = (layers, steps);

    /// <summary>The layers, the lowest first.</summary>
    public IReadOnlyList<ResidentLayer> Layers { get; }

    /// <summary>The steps.</summary>
    public IReadOnlyList<ResidentStep> Steps { get; }

    /// <summary>Blocks of all layers.</summary>
    public int Blocks => Layers.Sum(static l => ResidentShape.Blocks(l.Op.Units));

    /// <summary>Reads a program.</summary>
    /// <param name="program">The program.</param>
    /// <returns>The schedule, or null and the condition that fails.</returns>
    public static (ResidentSchedule? Schedule, string Reason) Of(Program program)
    {
        if (Refusal(program) is { } refusal) return (null, refusal);
        ResidentLayer[] layers = [.. program.Graph.Vertices.Select(static v => new ResidentLayer(v))];
        var reader = new ScheduleReader(program, layers);
        if (reader.Read() is { } reason) return (null, reason);
        return (new ResidentSchedule(layers, reader.Steps), "");
    }

    /// <summary>Whether a phase of the start leaves something that the kernel does not take itself: values that do not start as predictions.</summary>
    public static bool Needs(Phase phase) => phase.Kind == PhaseKind.Start &&
        (phase.OnlyFirstBatch || phase.Waves.Any(static w => w.Tasks.Any(static t => t is not (ForwardTask { Start: not null } or ForwardTask { Error: not null } or DualForwardTask or GramTask or ErrorTask or EnergyTask))));

    // What can be seen without looking at the tasks.
    private static string? Refusal(Program program)
    {
        Graph graph = program.Graph;
        if (program.Rule is null) return "it is a prediction, without a loop";
        if (graph.Inputs.Count != 1 || graph.Outputs.Count != 1) return $"it takes a chain from one clamped input to one output, not {graph.Inputs.Count} inputs and {graph.Outputs.Count} outputs";
        if (graph.Nodes[graph.Outputs[0].Node] is { Columns: > ResidentShape.Rows } wide && graph.Outputs[0].Likelihood != Likelihood.Gaussian)
            return $"a categorical output lies in one block of {ResidentShape.Rows} units, '{wide.Name}' has {wide.Columns}";
        int below = graph.Inputs[0].Index;
        foreach (Node node in graph.Nodes.Where(static n => !n.IsInput))
        {
            if (!node.IsVertex || node.Op is not LinearOp { Form: ActivationForm.Post } op) return $"it takes a chain of linear layers f(Wx+b), and '{node.Name}' is another node";
            if (node.Of.Count != 1 || node.Of[0] != below || node.RowsPerSample != 1) return $"it takes a chain, and '{node.Name}' does not read the layer before it alone";
            if (node.Owner != node.Index) return $"every layer has weights of its own on the chip, and '{node.Name}' shares them";
            int inputs = graph.Nodes[below].Columns;
            if (inputs > ResidentShape.Width) return $"a block holds {ResidentShape.Width} inputs of a layer, '{node.Name}' has {inputs}";
            below = node.Index;
        }
        if (graph.Outputs[0].Node != below) return $"the output '{graph.Nodes[graph.Outputs[0].Node].Name}' is not the last layer";
        if (ResidentShape.Samples(program.Options.Batch) == 0) return $"a block holds at most {ResidentShape.Batches[^1]} samples, the batch has {program.Options.Batch}";
        return null;
    }
}

/// <summary>What every layer does in one step, and where its energies go.</summary>
internal sealed class ResidentStep(int layers)
{
    /// <summary>By layer, the lowest first.</summary>
    public ResidentWork[] Work { get; } = new ResidentWork[layers];

    /// <summary>By layer: which update of θ in this batch it is, where the layer learns.</summary>
    public int[] Updates { get; } = new int[layers];

    /// <summary>Row of the trace; -1 where no energy is taken.</summary>
    public int EnergyRow { get; set; } = -1;
}
