using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning.Tasks;
using PcKernels.Rules;

namespace PcKernels.Planning.Emission;

/// <summary>Writes one program: holds the emitters, cuts what they write into steps, and at the end folds and names.</summary>
internal sealed class ProgramWriter
{
    private readonly List<WrittenStep> _steps = [];
    private readonly Node[] _energySlots;
    private int _captured;

    public ProgramWriter(Graph graph, Rule? rule, PlanOptions options, ParameterLayout layout, bool uncut, IReadOnlySet<string> wanted)
    {
        Region[] regions = uncut ? [Region.Uncut(graph)] : Region.Cut(graph);
        State = new EmissionState(graph, options, layout, regions, wanted, DualChoice.Choose(graph, rule, options, regions)) { IsPrediction = rule is null };
        Learn = new LearnEmitter(State);
        Forward = new ForwardEmitter(State, Learn);
        Settle = new SettleEmitter(State, Forward);
        _energySlots = [.. State.Regions.SelectMany(static r => r.Sinks).Select(static n => n.Node).Where(static v => v.Op is not RootOp { Prior: RootPrior.None })];
    }

    public EmissionState State { get; }

    public LearnEmitter Learn { get; }

    public ForwardEmitter Forward { get; }

    public SettleEmitter Settle { get; }

    /// <summary>Writes the energies of all vertices at the present errors; those known to be 0 need no task.</summary>
    public void Energies()
    {
        foreach ((int slot, Node vertex) in _energySlots.Index())
        {
            RegionNode own = State.Regions.SelectMany(static r => r.Sinks).First(n => n.Node == vertex);
            PrecisionSource precision = State.PrecisionOf(vertex);
            bool isCategorical = State.IsCategorical(vertex);
            if (own.IsZero && precision.IsOne) continue;
            State.Tasks.Add(new EnergyTask
            {
                Node = vertex,
                Slot = slot,
                Precision = precision,
                Error = own.IsZero || isCategorical ? null : own.Error,
                Value = isCategorical ? State.Value[vertex.Index] : null,
                Prediction = isCategorical ? State.Matrix($"prediction/{vertex.Name}", BufferRole.Prediction, vertex) : null,
                Scale = (isCategorical ? State.VarianceScale(vertex) : 1.0) / State.Options.Batch,
                Rows = State.Rows(vertex),
                Columns = vertex.Columns,
            });
        }
    }

    /// <summary>Ends a step.</summary>
    public void EndStep(PhaseKind kind, int row, bool onlyFirstBatch = false)
    {
        int updates = Learn.Events - _captured;
        _captured = Learn.Events;
        int first = Learn.TakeFirstWritten() ?? _captured - updates;
        IReadOnlyList<PlanTask> tasks = State.Options.Plain ? State.TakeTasks() : MoveFusion.Join(State.TakeTasks());
        _steps.Add(new WrittenStep(kind, row, tasks, first, updates, onlyFirstBatch));
    }

    /// <summary>Makes the program.</summary>
    public Program Finish(Rule? rule, int energyRows)
    {
        var results = new Dictionary<string, PlanBuffer>();
        foreach (Node input in State.Graph.Inputs) results[$"input/{input.Name}"] = State.Read[input.Index]!;
        foreach (PlanBuffer buffer in State.Buffers.All.Where(static b => b.Role is BufferRole.Gradient)) results[buffer.Name] = buffer;
        foreach (Node vertex in State.Regions.SelectMany(static r => r.Sinks).Select(static n => n.Node)) AddResults(results, vertex, rule is null);
        string[] notLearned = rule is null ? [] : [.. State.Graph.Parameters.Select(static p => p.Name).Where(p => !Learn.Learned.Contains(p))];
        return new Program(State.Graph, rule, State.Options, [.. State.Buffers.All], StepFolder.Fold(_steps), results, energyRows,
            [.. _energySlots.Select(static v => v.Name)], notLearned);
    }

    private void AddResults(Dictionary<string, PlanBuffer> results, Node vertex, bool predictionOnly)
    {
        if (State.Buffers.All.FirstOrDefault(b => b.Name == $"prediction/{vertex.Name}" || b.Name == $"link/{vertex.Name}") is PlanBuffer prediction)
            results[$"prediction/{vertex.Name}"] = prediction;
        if (predictionOnly || (!State.KeepsMoves && State.IsFree(vertex))) return;
        PlanBuffer value = State.Value[vertex.Index]!;
        results[$"value/{vertex.Name}"] = value;
        if (State.Graph.OutputOf(vertex.Index) is not null) results[$"target/{vertex.Name}"] = value;
        if (State.Options.GivenStarts.Contains(vertex.Name)) results[$"start/{vertex.Name}"] = State.Buffers.All.First(b => b.Role == BufferRole.Clamped && b.Name.EndsWith($"/{vertex.Name}", StringComparison.Ordinal));
        if (vertex.Op is RootOp { Prior: RootPrior.None }) return;
        results[$"error/{vertex.Name}"] = State.Matrix($"error/{vertex.Name}", BufferRole.Error, vertex);
    }
}
