using PcKernels.Graphs;
using PcKernels.Rules;

namespace PcKernels.Planning;

/// <summary>One figure three ways: read off the program as the papers count, by their formula, and with the products that form parameter gradients.</summary>
/// <param name="Counted">Per move of θ, without the feedforward start and without products that only form gradients.</param>
/// <param name="Published">The papers' formula for a chain of as many weight layers.</param>
/// <param name="WithGradients">Per move of θ, nothing left out but the start.</param>
public sealed record ProductCount(int Counted, int Published, int WithGradients);

/// <summary>Floating-point operations and bytes of one phase.</summary>
/// <param name="Name">The phase.</param>
/// <param name="Repeats">Rounds.</param>
/// <param name="Waves">Waves of one round.</param>
/// <param name="MatrixProducts">Products on values and errors, one round.</param>
/// <param name="GradientProducts">Products that only form gradients, one round.</param>
/// <param name="SequentialProducts">Waves that hold a product on values or errors, one round.</param>
/// <param name="Flop">Floating-point operations of the products, one round.</param>
/// <param name="Bytes">Least traffic with 4-byte elements, one round: each task's buffers read once and written once.</param>
public sealed record PhaseCount(string Name, int Repeats, int Waves, int MatrixProducts, int GradientProducts, int SequentialProducts, long Flop, long Bytes);

/// <summary>Counts read off a program's waves; nothing is typed in but the published formulas.</summary>
/// <remarks>Formulas, L weight layers: SMM BP 2L−1, PC 2T, Z-IL 2(L−1), iPC 2; MM BP 2L−1, PC (2L−1)T, Z-IL (2L−1)(L−1), iPC 2L−1 (iPC paper App. C, Table 4; Z-IL paper). FPA is counted like PC with products T(L−1) + (L−1) published nowhere; its formula here is PC's.</remarks>
public sealed class ProgramCounts
{
    private const int SingleBytes = 4;

    internal ProgramCounts(Program program)
    {
        Phases = [.. program.Phases.Select(static p => new PhaseCount(p.Name, p.Repeats, p.Waves.Count, p.Waves.Sum(static w => w.Products),
            p.Waves.Sum(static w => w.GradientProducts), p.SequentialProducts, p.Waves.Sum(static w => w.Flop),
            p.Waves.Sum(static w => w.Tasks.Sum(static t => t.Bytes(SingleBytes)))))];
        Layers = LongestProductChain(program.Graph);
        (Phase[] counted, int updates) = Counted(program);
        int Per(Func<Phase, int> of) => (counted.Sum(p => p.Repeats * of(p)) + updates - 1) / updates;
        int steps = Steps(program.Rule);
        (int smm, int mm) = Published(program.Rule, Layers, steps);
        Sequential = new ProductCount(Per(static p => p.SequentialProducts), smm, Per(static p => p.SequentialProductsWithGradients));
        All = new ProductCount(Per(static p => p.Waves.Sum(static w => w.Products)), mm, Per(static p => p.Waves.Sum(static w => w.Products + w.GradientProducts)));
    }

    /// <summary>L: the most weight layers on any way from an input to an output.</summary>
    public int Layers { get; }

    /// <summary>Sequential matrix products per move of θ.</summary>
    public ProductCount Sequential { get; }

    /// <summary>Matrix products per move of θ.</summary>
    public ProductCount All { get; }

    /// <summary>Operations and bytes, phase by phase.</summary>
    public IReadOnlyList<PhaseCount> Phases { get; }

    /// <summary>Floating-point operations of the products of a whole batch.</summary>
    public long Flop => Phases.Sum(static p => p.Repeats * p.Flop);

    /// <summary>Least traffic of a whole batch in bytes, 4-byte elements.</summary>
    public long Bytes => Phases.Sum(static p => p.Repeats * p.Bytes);

    /// <summary>iPC counts its repeated body (its last step where none repeats), the others the whole batch without the start.</summary>
    internal static (Phase[] Phases, int Updates) Counted(Program program)
    {
        Phase[] steps = [.. program.Phases.Where(static p => p.Kind != PhaseKind.Start)];
        if (program.Rule is IncrementalPredictiveCoding && program.Phases.LastOrDefault(static p => p.Kind == PhaseKind.Steps) is Phase last)
        {
            Phase body = program.Phases.Where(static p => p.Kind == PhaseKind.Steps).MaxBy(static p => p.Repeats * p.StepsPerRound)!;
            Phase chosen = body.Repeats > 1 ? body : last;
            return ([chosen with { Repeats = 1 }], Math.Max(1, chosen.UpdatesPerRound));
        }
        return (steps, Math.Max(1, program.Updates));
    }

    private static int Steps(Rule? rule) => rule switch
    {
        PredictiveCoding pc => pc.UpdateEvery ?? pc.Steps,
        FixedPrediction fpa => fpa.Steps,
        _ => 1,
    };

    private static (int Sequential, int All) Published(Rule? rule, int layers, int steps) => rule switch
    {
        Backpropagation => (2 * layers - 1, 2 * layers - 1),
        PredictiveCoding or FixedPrediction => (2 * steps, (2 * layers - 1) * steps),
        ZeroDivergence => (2 * (layers - 1), (2 * layers - 1) * (layers - 1)),
        IncrementalPredictiveCoding => (2, 2 * layers - 1),
        _ => (layers, layers),
    };

    private static int LongestProductChain(Graph graph)
    {
        var longest = new int[graph.Nodes.Count];
        foreach (Node node in graph.Nodes)
            longest[node.Index] = node.Of.Select(i => longest[i]).DefaultIfEmpty(0).Max() + (node.Op.ParameterProducts > 0 ? 1 : 0);
        return graph.Outputs.Max(o => longest[o.Node]);
    }
}
