using PcKernels.Graphs;
using PcKernels.Planning.Emission;
using PcKernels.Rules;

namespace PcKernels.Planning;

/// <summary>Turns (graph, rule) into a program. Pure: the same arguments give the same program; it touches no device.</summary>
public static class Planner
{
    /// <summary>Plans one training batch.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="rule">How it learns.</param>
    /// <param name="options">Batch size, optimiser and what is to be kept.</param>
    /// <exception cref="InputException">Rule and graph do not fit: a free root under BP or Z-IL, an unknown given start, k that does not divide T.</exception>
    public static Program Plan(Graph graph, Rule rule, PlanOptions options)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(options);
        Check(graph, rule, options);
        bool isSteppedZil = rule is ZeroDivergence zil && (zil.IsAblation || options.Plain);
        Graph planned = isSteppedZil ? Levelling.Apply(graph) : graph;
        PlanOptions used = isSteppedZil ? options with { Plain = true } : options;
        return Write(planned, rule, new ParameterLayout(graph, options.Optimizer), used, rule is Backpropagation, writer => rule switch
        {
            Backpropagation bp => RuleEmission.Write(writer, bp),
            PredictiveCoding pc => RuleEmission.Write(writer, pc),
            IncrementalPredictiveCoding ipc => RuleEmission.Write(writer, ipc),
            FixedPrediction fpa => RuleEmission.Write(writer, fpa),
            ZeroDivergence z => isSteppedZil ? RuleEmission.WriteSteps(writer, z) : RuleEmission.Write(writer, z),
            _ => throw new ArgumentException($"no plan for rule {rule.Name}", nameof(rule)),
        });
    }

    /// <summary>Plans a feedforward pass that leaves every output's prediction under <c>prediction/NODE</c>.</summary>
    /// <exception cref="InputException">The model has a free root, so there is nothing to predict from.</exception>
    public static Program PlanPrediction(Graph graph, int batch)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var options = new PlanOptions { Batch = CheckBatch(batch) };
        CheckRows(graph, batch);
        RejectRoots(graph, "a prediction");
        return Write(graph, null, new ParameterLayout(graph, options.Optimizer), options, true, RuleEmission.Predict);
    }

    private static Program Write(Graph graph, Rule? rule, ParameterLayout layout, PlanOptions options, bool uncut, Func<ProgramWriter, Program> write)
    {
        IReadOnlySet<string> wanted = new HashSet<string>();
        while (true)
        {
            var writer = new ProgramWriter(graph, rule, options, layout, uncut, wanted);
            Program program = write(writer);
            if (writer.State.Asked.IsSubsetOf(wanted))
            {
                HazardCheck.Verify(program);
                return program;
            }
            wanted = new HashSet<string>(wanted.Concat(writer.State.Asked));
        }
    }

    private static void Check(Graph graph, Rule rule, PlanOptions options)
    {
        CheckBatch(options.Batch);
        CheckRows(graph, options.Batch);
        if (rule is Backpropagation or ZeroDivergence) RejectRoots(graph, $"rule {rule.Name}");
        foreach (Node reader in graph.Nodes)
        {
            int read = reader.Of.FirstOrDefault(i => graph.OutputOf(i) is not null, -1);
            if (read >= 0) throw new InputException($"node '{reader.Name}' reads the output '{graph.Nodes[read].Name}', whose value is the target; let it read a node of its own");
        }
        foreach (string given in options.GivenStarts)
        {
            Node vertex = graph[given];
            if (!vertex.IsVertex || graph.OutputOf(vertex.Index) is not null) throw new InputException($"value/{given}: '{given}' is no free vertex, so it takes no starting value");
            if (rule is Backpropagation or ZeroDivergence) throw new InputException($"value/{given}: rule {rule.Name} starts from the feedforward values; starting values may be given to pc, ipc and fpa");
        }
    }

    private static void RejectRoots(Graph graph, string what)
    {
        Node? root = graph.Nodes.FirstOrDefault(static n => n.IsRoot);
        if (root is not null) throw new InputException($"{what} needs a model without a free root, and '{root.Name}' is one; use pc, ipc or fpa");
    }

    private static void CheckRows(Graph graph, int batch)
    {
        Node? most = graph.Nodes.FirstOrDefault(n => (long)n.RowsPerSample * batch > int.MaxValue);
        if (most is not null) throw new InputException($"--batch {batch}: with {most.RowsPerSample} rows a sample at node '{most.Name}' that is more than 2^31 rows; use a smaller batch");
    }

    private static int CheckBatch(int batch) => batch >= 1 ? batch : throw new InputException($"--batch {batch}: must be ≥ 1");
}
