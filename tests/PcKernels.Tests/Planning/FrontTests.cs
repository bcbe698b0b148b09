using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;
using PcKernels.Rules;

namespace PcKernels.Tests.Planning;

/// <summary>From feedforward values errors climb down one vertex a step; what only sees zeros is not planned (DESIGN §3).</summary>
public sealed class FrontTests
{
    private static Program Plan(Graph graph, Rule rule, Optimizer? optimizer = null, bool plain = false, params string[] given) =>
        Planner.Plan(graph, rule, new PlanOptions { Batch = 2, Optimizer = optimizer ?? new Sgd(0.1), Plain = plain, GivenStarts = given.ToHashSet() });

    private static Graph Residual => ModelJson.Load(Path.Combine(AppContext.BaseDirectory, "cases", "graph", "residual_mlp", "model.json"));

    /// <summary>Names of the nodes that tasks of one kind touch in inference step t.</summary>
    private static string[] In(Program program, int step, Func<PlanTask, Node?> node) =>
        [.. (from phase in program.Phases
             where phase.Kind == PhaseKind.Steps && phase.FirstStep <= step && step < phase.FirstStep + phase.Repeats * phase.StepsPerRound
             from wave in phase.Waves
             from task in wave.Tasks
             where task.StepOffset == (step - phase.FirstStep) % phase.StepsPerRound
             from part in task is GatherTask gather ? [gather, .. gather.Followers] : (IEnumerable<PlanTask>)[task]
             where node(part) is not null
             select node(part)!.Name).Order()];

    private static Node? Settled(PlanTask task) => task is GatherTask { Settle: not null } gather ? gather.Node : null;

    private static int[] Distances(Graph graph)
    {
        var distances = new int[graph.Nodes.Count];
        foreach (Node vertex in graph.Vertices.Reverse())
            distances[vertex.Index] = graph.OutputOf(vertex.Index) is not null ? 0 : graph.Readers[vertex.Index].Min(r => distances[r]) + 1;
        return distances;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(9)]
    public void Layers_further_than_T_from_the_output_are_not_learned(int steps)
    {
        string[] Expected(int reach) => [.. Enumerable.Range(1, 5).Where(i => 6 - i > reach).SelectMany(static i => new[] { $"h{i}.weight", $"h{i}.bias" })];
        Graph graph = PlanCases.Chain(6);
        Assert.Equal(Expected(steps), Plan(graph, new PredictiveCoding { Steps = steps }).NotLearned);
        Assert.Equal(Expected(steps), Plan(graph, new FixedPrediction { Steps = steps }).NotLearned);
        // The last gradient of iPC is that of step T − 1; with values first it sees the last move.
        Assert.Equal(Expected(steps - 1), Plan(graph, new IncrementalPredictiveCoding { Steps = steps }).NotLearned);
        Assert.Equal(Expected(steps), Plan(graph, new IncrementalPredictiveCoding { Steps = steps, Order = UpdateOrder.ValuesFirst }).NotLearned);
        Assert.Empty(Plan(graph, new Backpropagation()).NotLearned);
        Assert.Empty(Plan(graph, new ZeroDivergence()).NotLearned);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_step_moves_exactly_the_vertices_that_errors_have_reached(bool residual)
    {
        Graph graph = residual ? Residual : PlanCases.Chain(6);
        int[] distances = Distances(graph);
        foreach (Rule rule in new Rule[] { new PredictiveCoding { Steps = 8 }, new IncrementalPredictiveCoding { Steps = 8 }, new FixedPrediction { Steps = 8 } })
        {
            Program program = Plan(graph, rule);
            for (int t = 0; t < 8; t++)
                Assert.Equal(graph.Vertices.Where(v => distances[v.Index] > 0 && distances[v.Index] <= t + 1).Select(static v => v.Name).Order(), In(program, t, Settled));
        }
    }

    public static TheoryData<Optimizer> Moving => new() { new Adam(0.1), new AdamW(0.1), new Sgd(0.1, momentum: 0.9), new Sgd(0.1, weightDecay: 0.1) };

    [Theory]
    [MemberData(nameof(Moving))]
    public void Whatever_moves_parameters_without_a_gradient_ends_the_front_of_ipc(Optimizer optimizer)
    {
        Graph graph = PlanCases.Chain(6);
        Program ipc = Plan(graph, new IncrementalPredictiveCoding { Steps = 4 }, optimizer);
        Assert.Equal(["h5"], In(ipc, 0, Settled));
        Assert.Equal(["h1", "h2", "h3", "h4", "h5"], In(ipc, 1, Settled));
        Program pc = Plan(graph, new PredictiveCoding { Steps = 4 }, optimizer);
        Assert.Equal(["h4", "h5"], In(pc, 1, Settled));
    }

    [Fact]
    public void A_shared_parameter_carries_errors_to_its_other_users()
    {
        Graph graph = new GraphBuilder("shared").Input("x", 4).Add("a", new LinearOp(4), ["x"]).Add("b", new LinearOp(4), ["a"]).Add("c", new LinearOp(4), ["b"])
            .Add("d", new LinearOp(4), ["c"]).Add("y", new LinearOp(4), ["d"], parameters: "a").Output("y").Build();
        Program program = Plan(graph, new IncrementalPredictiveCoding { Steps = 4 });
        Assert.Equal(["d"], In(program, 0, Settled));
        Assert.Equal(["a", "c", "d"], In(program, 1, Settled));
        Assert.Empty(program.NotLearned);
    }

    [Fact]
    public void A_given_start_is_alive_from_the_first_step()
    {
        Program program = Plan(PlanCases.Chain(6), new PredictiveCoding { Steps = 4 }, given: "h2");
        Assert.Equal(["h1", "h2", "h5"], In(program, 0, Settled));
        Assert.DoesNotContain("h2.weight", program.NotLearned);
    }

    [Fact]
    public void A_learned_precision_moves_although_its_error_is_zero()
    {
        Graph graph = new GraphBuilder("p").Input("x", 4).Add("a", new LinearOp(4), ["x"], precision: Precision.Learned()).Add("b", new LinearOp(4), ["a"])
            .Add("c", new LinearOp(4), ["b"]).Add("y", new LinearOp(4), ["c"]).Output("y").Build();
        Program program = Plan(graph, new IncrementalPredictiveCoding { Steps = 2 });
        Assert.Equal(["a.weight", "a.bias", "b.weight", "b.bias"], program.NotLearned);
        Assert.Equal(["a"], In(program, 0, static t => t is PrecisionGradientTask { Error: null } g ? g.Node : null));
    }

    [Fact]
    public void The_first_prediction_is_hoisted_while_theta_stays()
    {
        static Node? First(PlanTask t) => t switch { ForwardTask { Node.Name: "h1" } f => f.Node, LearnForwardTask { Forward.Node.Name: "h1" } f => f.Forward.Node, _ => null };
        Graph graph = PlanCases.Chain(4);
        Program pc = Plan(graph, new PredictiveCoding { Steps = 8 });
        Assert.Equal("start h1", Assert.Single(pc.Tasks(), static t => First(t.Task) is not null).Task.Label);
        Program plain = Plan(graph, new PredictiveCoding { Steps = 8 }, plain: true), ipc = Plan(graph, new IncrementalPredictiveCoding { Steps = 8 });
        Assert.Equal(["h1"], In(plain, 5, First));
        Assert.Equal(["h1"], In(ipc, 5, First));
    }
}
