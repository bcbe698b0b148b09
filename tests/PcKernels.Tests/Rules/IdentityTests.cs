using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>What rules have in common, in double, over all parameters together.</summary>
public sealed class IdentityTests
{
    private const int Cases = 60;
    private const int LargestNet = 8;
    private const double Tolerance = 1e-12;
    private static readonly NetKind s_plain = new() { Precisions = false, Dropout = true };

    [Fact]
    public void Zero_divergence_is_backpropagation_on_any_graph() => BothLearn(s_plain, static _ => new ZeroDivergence());

    /// <summary>All ops, a hundred graphs and with PCK_FULL=1 a thousand.</summary>
    [Fact]
    public void Zero_divergence_is_backpropagation_on_graphs_of_all_ops() => Draw.Check(100, 14, static draw =>
    {
        Graph graph = RandomOpNet.Draw(draw.Seed, draw.Size, s_plain);
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Dictionary<string, Tensor> batch = RandomNet.Batch(graph, draw.Random("batch").Next(1, 5), draw.Seed);
        Dictionary<string, double[]> bp = Runs.Of(model, Runs.Looking with { Rule = new Backpropagation() }, batch);
        Near(Runs.Of(model, Runs.Looking with { Rule = new ZeroDivergence() }, batch), bp, graph);
        Near(Runs.Of(model, Runs.Looking with { Rule = new FixedPrediction { Gamma = 1, Steps = graph.Depth } }, batch), bp, graph);
        if (draw.Seed % 5 == 0) Near(Runs.Of(model, Runs.Looking with { Rule = new ZeroDivergence(), Plain = true }, batch), bp, graph);
    });

    [Fact]
    public void Zero_divergence_step_by_step_is_backpropagation_on_any_graph() => BothLearn(s_plain, static _ => new ZeroDivergence(), plain: true);

    [Fact]
    public void Zero_divergence_with_other_precisions_is_backpropagation() => BothLearn(new NetKind { LearnedPrecisions = false }, static _ => new ZeroDivergence());

    [Fact]
    public void Fixed_prediction_with_full_steps_through_all_levels_is_backpropagation() =>
        BothLearn(new NetKind { LearnedPrecisions = false }, static graph => new FixedPrediction { Gamma = 1, Steps = graph.Depth });

    [Fact]
    public void Fixed_prediction_stays_backpropagation_when_steps_go_on() =>
        BothLearn(s_plain, static graph => new FixedPrediction { Gamma = 1, Steps = graph.Depth + 3 });

    /// <summary>Shared parameters apart, whose shares are scaled one by one there and together here.</summary>
    [Fact]
    public void Zero_divergence_planned_is_that_step_by_step_bit_for_bit_on_chains() => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { IsChain = true, LearnedPrecisions = false, Shares = false });
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        TrainingOptions options = Runs.Looking with { Rule = new ZeroDivergence(), Optimizer = new Adam(0.01) };
        Dictionary<string, Tensor>[] batches = Runs.Batches(draw, graph);
        Dictionary<string, double[]>[] planned = Runs.Of(model, options, batches), stepped = Runs.Of(model, options with { Plain = true }, batches);
        for (int i = 0; i < batches.Length; i++) Compare.Same(planned[i], Learned(stepped[i]), $"batch {i} of {ModelJson.Write(graph)}");
    });

    [Theory]
    [InlineData(UpdateOrder.Simultaneous)]
    [InlineData(UpdateOrder.ValuesFirst)]
    public void Incremental_learning_without_a_rate_is_inference(UpdateOrder order) => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Roots = true });
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        int steps = draw.Pick("T", 0, 1, 4, 7);
        double momentum = draw.Pick("m", 0, 0.5);
        Dictionary<string, Tensor> batch = Runs.Batches(draw, graph, draw.Pick("starts", false, true))[0];
        Dictionary<string, double[]> pc = Runs.Of(model, Runs.Looking with { Rule = new PredictiveCoding { Steps = steps, ValueMomentum = momentum } }, batch);
        Dictionary<string, double[]> ipc = Runs.Of(
            model, Runs.Looking with { Rule = new IncrementalPredictiveCoding { Steps = steps, Gamma = 0.1, Order = order, ValueMomentum = momentum } }, batch);
        Compare.Same(ipc, pc.Where(static p => !Compare.IsGradient(p.Key)).ToDictionary(), $"T {steps}, {ModelJson.Write(graph)}");
    });

    /// <summary>The output's variance times k, and all gradients times k: nothing changes but rounding.</summary>
    [Fact]
    public void Output_variance_leaves_backpropagation_as_it_is() => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, s_plain);
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Dictionary<string, Tensor> batch = Runs.Batches(draw, graph)[0];
        TrainingOptions options = Runs.Looking with { Rule = new Backpropagation() };
        Near(Runs.Of(model, options with { OutputVariance = draw.Pick("k", 1e-3, 0.3, 7, 1e6) }, batch), Runs.Of(model, options, batch), graph);
    });

    /// <summary>Zahid et al. 3.3: the looser the output is held, the less values move, and the update goes to backpropagation's as 1/k.</summary>
    [Fact]
    public void A_large_output_variance_brings_inference_to_backpropagation() => Draw.Check(Cases, 4, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, s_plain with { Ops = false });
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Dictionary<string, Tensor> batch = Runs.Batches(draw, graph)[0];
        Dictionary<string, double[]> bp = Runs.Of(model, Runs.Looking with { Rule = new Backpropagation() }, batch);
        // The equilibrium is meant, so enough steps to be near it on small nets.
        TrainingOptions options = Runs.Looking with { Rule = new PredictiveCoding { Steps = 1000, Gamma = 0.2 } };
        Assert.InRange(Compare.Distance(Runs.Of(model, options with { OutputVariance = 1e6 }, batch), bp, Compare.IsGradient), 0, 1e-4);
    });

    private static void BothLearn(NetKind kind, Func<Graph, Rule> rule, bool plain = false) => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, kind);
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Dictionary<string, Tensor>[] batches = Runs.Batches(draw, graph);
        TrainingOptions options = Runs.Looking with { Optimizer = new Sgd(0.05, momentum: 0.5, weightDecay: 0.01) };
        Dictionary<string, double[]>[] bp = Runs.Of(model, options with { Rule = new Backpropagation() }, batches);
        Dictionary<string, double[]>[] other = Runs.Of(model, options with { Rule = rule(graph), Plain = plain }, batches);
        for (int i = 0; i < batches.Length; i++) Near(other[i], bp[i], graph);
    });

    private static void Near(Dictionary<string, double[]> a, Dictionary<string, double[]> b, Graph graph)
    {
        foreach (Func<string, bool> kind in new[] { Compare.IsParameter, Compare.IsGradient })
        {
            double distance = Compare.Distance(a, b, kind);
            Assert.True(distance <= Tolerance, $"off by {distance:e2}: {ModelJson.Write(graph)}");
        }
    }

    private static Dictionary<string, double[]> Learned(Dictionary<string, double[]> all) =>
        all.Where(static p => Compare.IsParameter(p.Key) || Compare.IsGradient(p.Key)).ToDictionary();
}
