using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Training;
using Xunit.Abstractions;

namespace PcKernels.Tests.Rules;

/// <summary>What rules have in common, in double, over all parameters together.</summary>
public sealed class IdentityTests(ITestOutputHelper output)
{
    private const int Cases = 60;
    private const int LargestNet = 8;
    private const double Tolerance = 1e-12;
    private static readonly NetKind s_plain = new() { Precisions = false, Ops = true, Dropout = true };

    [Fact]
    public void Zero_divergence_is_backpropagation_on_any_graph() => BothLearn(s_plain, static _ => new ZeroDivergence());

    /// <summary>All ops: a hundred graphs, with PCK_FULL=1 a thousand. Prints the worst distance over all parameters, which is bounded, and that of a single one, which is not.</summary>
    [Fact]
    public void Zero_divergence_is_backpropagation_on_graphs_of_all_ops()
    {
        int graphs = 0;
        double worst = 0, worstOne = 0;
        string worstName = "";
        Draw.Check(100, 14, draw =>
        {
            Graph graph = RandomOpNet.Draw(draw.Seed, draw.Size, s_plain);
            Model model = RandomNet.Parameterise(graph, draw.Seed);
            Dictionary<string, Tensor> batch = RandomNet.Batch(graph, draw.Random("batch").Next(1, 5), draw.Seed);
            Dictionary<string, double[]> bp = Runs.Of(model, Runs.Looking with { Rule = new Backpropagation() }, batch);
            Dictionary<string, double[]> zil = Runs.Of(model, Runs.Looking with { Rule = new ZeroDivergence() }, batch);
            Near(zil, bp, graph);
            Near(Runs.Of(model, Runs.Looking with { Rule = new FixedPrediction { Gamma = 1, Steps = graph.Depth } }, batch), bp, graph);
            if (draw.Seed % 5 == 0) Near(Runs.Of(model, Runs.Looking with { Rule = new ZeroDivergence(), Plain = true }, batch), bp, graph);
            graphs++;
            worst = Math.Max(worst, Compare.Distance(zil, bp, Compare.IsGradient));
            foreach (string name in bp.Keys.Where(Compare.IsGradient))
            {
                double one = Compare.Distance(zil, bp, n => n == name);
                // One below a normalisation or a softmax of one number is zero but for rounding: how much of the whole it is says so.
                double share = Math.Sqrt(bp[name].Sum(static g => g * g) / bp.Where(static p => Compare.IsGradient(p.Key)).Sum(static p => p.Value.Sum(static g => g * g)));
                if (one > worstOne) (worstOne, worstName) = (one, $"{name}, {share:e1} of the whole gradient, {draw}");
            }
        });
        output.WriteLine($"{graphs} graphs; gradients of Z-IL and BP, relative distance over all parameters at most {worst:e2}; the worst single parameter {worstOne:e2} ({worstName})");
    }

    [Fact]
    public void Zero_divergence_step_by_step_is_backpropagation_on_any_graph() => BothLearn(s_plain, static _ => new ZeroDivergence(), plain: true);

    [Fact]
    public void Zero_divergence_with_other_precisions_is_backpropagation() => BothLearn(new NetKind { Ops = true, LearnedPrecisions = false }, static _ => new ZeroDivergence());

    [Fact]
    public void Fixed_prediction_with_full_steps_through_all_levels_is_backpropagation() =>
        BothLearn(new NetKind { Ops = true, LearnedPrecisions = false }, static graph => new FixedPrediction { Gamma = 1, Steps = graph.Depth });

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
    public void Incremental_learning_without_a_rate_is_inference(UpdateOrder order)
    {
        int drawn = 0, bounded = 0;
        Draw.Check(Cases, LargestNet, draw =>
        {
            Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = true, Roots = true });
            Model model = RandomNet.Parameterise(graph, draw.Seed);
            int steps = draw.Pick("T", 0, 1, 4, 7);
            double momentum = draw.Pick("m", 0, 0.5);
            Dictionary<string, Tensor> batch = Runs.Batches(draw, graph, draw.Pick("starts", false, true))[0];
            drawn++;
            // Products of values may run away.
            if (Bounded(model, batch, Runs.Looking with { Rule = new PredictiveCoding { Steps = steps, ValueMomentum = momentum } }) is not { } pc) return;
            bounded++;
            Dictionary<string, double[]> ipc = Runs.Of(
                model, Runs.Looking with { Rule = new IncrementalPredictiveCoding { Steps = steps, Gamma = 0.1, Order = order, ValueMomentum = momentum } }, batch);
            Compare.Same(ipc, pc.Where(static p => !Compare.IsGradient(p.Key)).ToDictionary(), $"T {steps}, {ModelJson.Write(graph)}");
        });
        Assert.True(bounded > 0.9 * drawn, $"only {bounded} of {drawn} nets stayed bounded");
    }

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

    /// <summary>Zahid et al. 3.3: the looser the output is held, the less values move, and at the equilibrium the update goes to backpropagation's as 1/k.</summary>
    [Fact]
    public void A_large_output_variance_brings_inference_to_backpropagation()
    {
        int drawn = 0, settled = 0;
        Draw.Check(Cases / 6, 4, draw =>
        {
            Graph graph = RandomNet.Draw(draw.Seed, draw.Size, s_plain with { Ops = false });
            Model model = RandomNet.Parameterise(graph, draw.Seed);
            Dictionary<string, Tensor> batch = Runs.Batches(draw, graph)[0];
            Dictionary<string, double[]>? Settle(double variance, int steps) =>
                Bounded(model, batch, Runs.Looking with { Rule = new PredictiveCoding { Steps = steps, Gamma = 0.2 }, OutputVariance = variance });
            drawn++;
            // Some nets settle too slowly for so many steps, or not at all with so large a γ.
            if (Settle(1e5, 1000) is not { } loose || Settle(1e5, 2000) is not { } longer || Settle(1e3, 2000) is not { } tight) return;
            if (!(Compare.Distance(loose, longer, Compare.IsGradient) <= 1e-7)) return;
            settled++;
            Dictionary<string, double[]> bp = Runs.Of(model, Runs.Looking with { Rule = new Backpropagation() }, batch);
            double near = Compare.Distance(longer, bp, Compare.IsGradient), far = Compare.Distance(tight, bp, Compare.IsGradient);
            // A hundred times nearer, but for terms of higher order and what was left to settle.
            Assert.True(near <= far / 50 + 1e-7, $"off by {near:e2} with k = 1e5, by {far:e2} with 1e3: {ModelJson.Write(graph)}");
        });
        Assert.True(settled > 0.9 * drawn, $"only {settled} of {drawn} nets settled");
    }

    private static Dictionary<string, double[]>? Bounded(Model model, Dictionary<string, Tensor> batch, TrainingOptions options)
    {
        try
        {
            return Runs.Of(model, options, batch);
        }
        catch (RunException)
        {
            return null;
        }
    }

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
