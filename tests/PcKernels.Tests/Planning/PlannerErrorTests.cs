using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;
using PcKernels.Rules;

namespace PcKernels.Tests.Planning;

public sealed class PlannerErrorTests
{
    private static readonly PlanOptions s_options = new() { Batch = 2 };

    private static Graph Rooted => new GraphBuilder("g").Add("top", new RootOp([3]), []).Add("y", new LinearOp(4), ["top"]).Output("y").Build();

    private static Graph Read => new GraphBuilder("r").Input("x", 3).Add("m", new LinearOp(3), ["x"]).Add("y", new LinearOp(3), ["m"]).Output("m").Output("y").Build();

    public static TheoryData<Action, string> Wrong => new()
    {
        { () => Planner.Plan(Rooted, new Backpropagation(), s_options), "rule bp needs a model without a free root, and 'top' is one; use pc, ipc or fpa" },
        { () => Planner.Plan(Rooted, new ZeroDivergence(), s_options), "rule zil needs a model without a free root, and 'top' is one; use pc, ipc or fpa" },
        { () => Planner.PlanPrediction(Rooted, 2), "a prediction needs a model without a free root, and 'top' is one; use pc, ipc or fpa" },
        { () => Planner.Plan(Read, new PredictiveCoding(), s_options), "node 'y' reads the output 'm', whose value is the target; let it read a node of its own" },
        { () => Planner.Plan(PlanCases.Chain(2), new Backpropagation(), s_options with { Batch = 0 }), "--batch 0: must be ≥ 1" },
        { () => Planner.PlanPrediction(PlanCases.Chain(2), -3), "--batch -3: must be ≥ 1" },
        { () => Planner.Plan(PlanCases.Chain(3), new PredictiveCoding(), s_options with { GivenStarts = new HashSet<string> { "h3" } }), "model 'chain 3' has no node 'h3'; known: h1, h2, x, y" },
        { () => Planner.Plan(PlanCases.Chain(3), new PredictiveCoding(), s_options with { GivenStarts = new HashSet<string> { "y" } }), "value/y: 'y' is no free vertex, so it takes no starting value" },
        { () => Planner.Plan(PlanCases.Chain(3), new PredictiveCoding(), s_options with { GivenStarts = new HashSet<string> { "x" } }), "value/x: 'x' is no free vertex, so it takes no starting value" },
        { () => Planner.Plan(PlanCases.Chain(3), new PredictiveCoding { Steps = 8, UpdateEvery = 3 }, s_options), "--update-every 3: must divide --steps 8" },
        { () => Planner.Plan(PlanCases.Chain(3), new PredictiveCoding { Steps = 0, UpdateEvery = 1 }, s_options), "--update-every 1: must divide --steps 0" },
        { () => _ = new PredictiveCoding { UpdateEvery = 0 }, "--update-every 0: must be ≥ 1" },
        { () => _ = new PredictiveCoding { Steps = -1 }, "--steps -1: the number of inference steps must be ≥ 0" },
        { () => _ = new PredictiveCoding { Discount = 0 }, "--discount 0: must be > 0 and ≤ 1" },
        { () => _ = new PredictiveCoding { Discount = double.NaN }, "--discount NaN: must be > 0 and ≤ 1" },
        { () => _ = new IncrementalPredictiveCoding { Gamma = -1 }, "--gamma -1: the integration step γ must be a finite number > 0" },
        { () => _ = new FixedPrediction { Gamma = double.NaN }, "--gamma NaN: the integration step γ must be a finite number > 0" },
        { () => _ = new IncrementalPredictiveCoding { ValueMomentum = 1 }, "--value-momentum 1: must be ≥ 0 and < 1" },
        { () => _ = s_options with { ClipNorm = 0 }, "--clip-norm 0: must be a finite number > 0" },
        { () => _ = s_options with { OutputVariance = double.PositiveInfinity }, "--output-variance Infinity: must be a finite number > 0" },
        { () => Planner.Plan(new GraphBuilder("s").Input("x", 3, 2).Add("y", new LinearOp(2), ["x"]).Output("y").Build(), new Backpropagation(), s_options with { Batch = int.MaxValue }),
            "--batch 2147483647: with 3 rows a sample at node 'x' that is more than 2^31 rows; use a smaller batch" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_does_not_fit_is_one_line(Action plan, string message) => Assert.Equal(message, Assert.Throws<InputException>(plan).Message);

    [Fact]
    public void Many_sums_of_one_node_with_itself_are_planned_at_once()
    {
        // Each of these reads the one before twice: 2^60 ways, none of which ends at a parameter or a free vertex.
        Graph graph = Doubling(60);
        Assert.Equal(61, Planner.Plan(graph, new PredictiveCoding { Steps = 2 }, s_options).Tasks().Count(static t => t.Phase.Kind == PhaseKind.Start));
    }

    [Fact]
    public void A_long_chain_of_links_does_not_overflow_the_stack()
    {
        var builder = new GraphBuilder("long").Input("x", 2);
        for (int i = 0; i < 5000; i++) builder.Add($"s{i}", new ElementwiseOp(Activation.Identity), [i == 0 ? "x" : $"s{i - 1}"]);
        Graph graph = builder.Add("y", new LinearOp(1), ["s4999"]).Output("y").Build();
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try { Planner.Plan(graph, new PredictiveCoding { Steps = 1 }, s_options); }
            catch (InputException error) { failure = error; }
        }, 256 * 1024);
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    private static Graph Doubling(int depth)
    {
        var builder = new GraphBuilder("doubling").Input("x", 2);
        for (int i = 0; i < depth; i++) builder.Add($"s{i}", new AddOp(), i == 0 ? ["x", "x"] : [$"s{i - 1}", $"s{i - 1}"]);
        return builder.Add("y", new LinearOp(1), [$"s{depth - 1}"]).Output("y").Build();
    }
}
