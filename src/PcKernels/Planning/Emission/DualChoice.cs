using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;

namespace PcKernels.Planning.Emission;

/// <summary>Which nodes of a program learn in dual form.</summary>
internal static class DualChoice
{
    /// <summary>Nodes on a clamped input, with parameters of their own, that plain SGD moves several times a batch.</summary>
    public static IReadOnlySet<int> Choose(Graph graph, Rule? rule, PlanOptions options, IReadOnlyList<Region> regions)
    {
        bool isPossible = options is { Dual: not DualForm.Never, Plain: false, KeepGradients: false, ClipNorm: null, Optimizer: Sgd { Momentum: 0, WeightDecay: 0 } };
        var chosen = new HashSet<int>();
        if (!isPossible) return chosen;
        foreach (Node node in graph.Nodes.Where(n => n.Op is LinearOp && graph.Nodes[n.Of[0]].IsInput))
        {
            RegionNode[] users = [.. regions.SelectMany(static r => r.Nodes).Where(u => u.Node.Owner == node.Owner && u.Node.Parameters.Count > 0)];
            if (users.Length != 1) continue;
            int moves = Moves(rule, users[0].Region.Sinks.Max(s => graph.LevelOf(s.Node.Index)));
            if (moves >= 2 && (options.Dual == DualForm.Always || IsCheaper(graph.Nodes[node.Of[0]].Columns, node.Columns, options.Batch * node.RowsPerSample, moves))) chosen.Add(node.Index);
        }
        return chosen;
    }

    /// <summary>How often in a batch an error that climbs down from the output meets a move of θ at this level.</summary>
    private static int Moves(Rule? rule, int level) => rule switch
    {
        IncrementalPredictiveCoding ipc => ipc.Steps - (ipc.Start == ValueStart.Feedforward ? Math.Min(level, ipc.Steps) : 0),
        PredictiveCoding { UpdateEvery: int every } pc => Enumerable.Range(1, pc.Steps / every).Count(j => pc.Start != ValueStart.Feedforward || j * every >= level),
        _ => 1,
    };

    private static bool IsCheaper(int inputs, int outputs, int rows, int moves)
    {
        CostModel costs = CostModel.Processor;
        double product = 2.0 * rows * inputs * outputs;
        double weights = (double)inputs * outputs, small = (double)rows * outputs;
        // W is read and written by whoever learns and predicts; in dual form once, at the end.
        double direct = moves * costs.Seconds(product, 2 * weights) + (moves - 1) * costs.Seconds(product, 2 * small);
        double dual = costs.Seconds(2.0 * rows * rows * inputs, (double)rows * inputs) + moves * costs.Seconds(0, 3 * small)
            + (moves - 1) * costs.Seconds(2.0 * rows * small, rows * (double)rows + 3 * small) + costs.Seconds(product, 2 * weights);
        return dual < direct;
    }
}
