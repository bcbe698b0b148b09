using PcKernels.Graphs;
using PcKernels.Planning.Tasks;
using PcKernels.Rules;

namespace PcKernels.Planning;

/// <summary>What a device runs for one batch: buffers placed in one arena, phases of waves of tasks. Immutable data; it knows no device.</summary>
/// <remarks>Made by <see cref="Planner"/>. Safe to share between threads.</remarks>
public sealed class Program
{
    internal Program(Graph graph, Rule? rule, PlanOptions options, IReadOnlyList<PlanBuffer> buffers, IReadOnlyList<Phase> phases,
        IReadOnlyDictionary<string, PlanBuffer> results, int steps, IReadOnlyList<string> energySlots, IReadOnlyList<string> notLearned)
    {
        Graph = graph;
        Rule = rule;
        Options = options;
        Buffers = buffers;
        Phases = phases;
        Results = results;
        EnergyRows = steps;
        EnergySlots = energySlots;
        NotLearned = notLearned;
        ArenaLength = buffers.Where(static b => !b.IsPersistent).Select(static b => b.Offset + b.Length).DefaultIfEmpty(0).Max();
        DualNodes = [.. phases.SelectMany(static p => p.Waves).SelectMany(static w => w.Tasks).OfType<DualForwardTask>().Select(static t => t.Node.Name).Distinct()];
        Updates = phases.Sum(static p => p.Repeats * p.UpdatesPerRound);
        Counts = new ProgramCounts(this);
    }

    /// <summary>The graph that was planned (levelled, for a plain Z-IL on a graph with skips).</summary>
    public Graph Graph { get; }

    /// <summary>The rule, or null for a prediction.</summary>
    public Rule? Rule { get; }

    /// <summary>What it was planned for.</summary>
    public PlanOptions Options { get; }

    /// <summary>All buffers; index = id. Parameters and optimiser state come first and lie in the session's arena.</summary>
    public IReadOnlyList<PlanBuffer> Buffers { get; }

    /// <summary>The phases in order.</summary>
    public IReadOnlyList<Phase> Phases { get; }

    /// <summary>What can be read after a run: <c>value/NODE</c>, <c>error/NODE</c>, <c>prediction/NODE</c>, <c>grad/PARAMETER</c>; also the host-written buffers <c>input/NAME</c>, <c>target/NODE</c>, <c>start/NODE</c>.</summary>
    public IReadOnlyDictionary<string, PlanBuffer> Results { get; }

    /// <summary>Rows of the energy trace.</summary>
    public int EnergyRows { get; }

    /// <summary>The vertices whose energies are traced, in order of the trace's columns.</summary>
    public IReadOnlyList<string> EnergySlots { get; }

    /// <summary>Parameters that no batch changes by a gradient, because no error reaches them (T &lt; L).</summary>
    public IReadOnlyList<string> NotLearned { get; }

    /// <summary>Elements of the arena, without parameters and optimiser state: the most that is needed at one time, as far as buffers may share memory.</summary>
    public long ArenaLength { get; }

    /// <summary>Elements of all buffers in the arena, as if none shared memory.</summary>
    public long BufferLength => Buffers.Where(static b => !b.IsPersistent).Sum(static b => b.Length);

    /// <summary>Nodes that learn in dual form.</summary>
    public IReadOnlyList<string> DualNodes { get; }

    /// <summary>Moves of θ in one batch.</summary>
    public int Updates { get; }

    /// <summary>Counts of products, operations and bytes, read off the waves.</summary>
    public ProgramCounts Counts { get; }

    /// <summary>Every task once, in order, with the phase and the wave it is in.</summary>
    public IEnumerable<(Phase Phase, int Wave, PlanTask Task)> Tasks() =>
        from phase in Phases
        from wave in phase.Waves.Index()
        from task in wave.Item.Tasks
        select (phase, wave.Index, task);
}
