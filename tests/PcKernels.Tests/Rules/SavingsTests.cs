using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>What the planner leaves out changes no bit, nor do threads; over several batches with all that can move something.</summary>
public abstract class SavingsTests(DType dtype)
{
    private const int Cases = 80;
    private const int LargestNet = 7;

    [Fact]
    public void Predictive_coding_planned_is_the_plain_one() => PlannedIsPlain(Predictive);

    [Fact]
    public void Incremental_planned_is_the_plain_one() => PlannedIsPlain(Incremental);

    [Fact]
    public void Fixed_prediction_planned_is_the_plain_one() => PlannedIsPlain(static (draw, _) => new FixedPrediction { Steps = draw.Pick("T", 0, 1, 2, 5, 12), Gamma = draw.Pick("gamma", 0.3, 1) });

    [Fact]
    public void Threads_and_repetition_change_no_bit() => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = true, Dropout = true });
        Rule rule = draw.Pick<Func<Rule>>("rule", static () => new Backpropagation(), static () => new ZeroDivergence(), () => Predictive(draw, graph), () => Incremental(draw, graph), static () => new FixedPrediction())();
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        TrainingOptions options = Options(draw, rule, graph);
        Dictionary<string, Tensor>[] batches = Runs.Batches(draw, graph);
        Dictionary<string, double[]>[] one = Runs.Of(model, options, batches);
        foreach (int threads in new[] { 1, 2, 3 }) Same(Runs.Of(model, options, batches, threads), one, $"{threads} threads, {options}");
    });

    [Fact]
    public void Samples_in_another_order_give_values_in_that_order() => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = true, Roots = true });
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Rule rule = draw.Pick<Func<Rule>>("rule", () => new PredictiveCoding { Steps = draw.Pick("T", 0, 3, 8) }, static () => new FixedPrediction { Steps = 3 })();
        TrainingOptions options = Runs.Looking with { Rule = rule, DType = dtype };
        Dictionary<string, Tensor> batch = Runs.Batches(draw, graph)[0];
        int[] order = [.. Enumerable.Range(0, batch.First().Value.Shape[0])];
        draw.Random("order").Shuffle(order);
        Dictionary<string, double[]> straight = Runs.Of(model, options, batch);
        Dictionary<string, double[]> permuted = Runs.Of(model, options, batch.ToDictionary(static p => p.Key, p => Permute(p.Value, order)));
        foreach ((string name, double[] values) in straight.Where(static p => p.Key.StartsWith("value/", StringComparison.Ordinal) || p.Key.StartsWith("error/", StringComparison.Ordinal)))
        {
            int count = values.Length / order.Length;
            Assert.Equal(order.SelectMany(s => values[(s * count)..((s + 1) * count)]), permuted[name]);
        }
        // Nine addends in another order.
        Assert.InRange(Compare.Distance(permuted, straight, Compare.IsGradient), 0, dtype == DType.F64 ? 1e-13 : 1e-5);
    });

    private static PredictiveCoding Predictive(Draw draw, Graph graph)
    {
        int steps = draw.Pick("T", 0, 1, 2, graph.Depth, graph.Depth + 1, 6, 12);
        int? every = draw.Pick<int?>("every", null, null, 1, 2, 3);
        if (every is not null && (steps == 0 || steps % every != 0)) every = null;
        return new PredictiveCoding
        {
            Steps = steps,
            Gamma = 0.1,
            UpdateEvery = every,
            ValueMomentum = draw.Pick("m", 0, 0.5),
            Discount = draw.Pick("d", 1, 0.5),
            Start = draw.Pick("start", ValueStart.Feedforward, ValueStart.Feedforward, ValueStart.Feedforward, ValueStart.Random),
        };
    }

    private static IncrementalPredictiveCoding Incremental(Draw draw, Graph graph) => new()
    {
        Steps = draw.Pick("T", 0, 1, 2, graph.Depth, graph.Depth + 1, 5, 12),
        Gamma = 0.1,
        ValueMomentum = draw.Pick("m", 0, 0.5),
        Order = draw.Pick("order", UpdateOrder.Simultaneous, UpdateOrder.ValuesFirst),
        Start = draw.Pick("start", ValueStart.Feedforward, ValueStart.Feedforward, ValueStart.Feedforward, ValueStart.Random),
    };

    private TrainingOptions Options(Draw draw, Rule rule, Graph graph)
    {
        double rate = rule is IncrementalPredictiveCoding or PredictiveCoding ? 1 : 10;
        if (graph.Vertices.Any(static v => v.Precision.IsLearned)) rate /= 10;
        Optimizer optimizer = draw.Pick<Func<Optimizer>>("optimizer",
            () => new Sgd(0.005 * rate),
            () => new Sgd(0.005 * rate, weightDecay: 0.01),
            () => new Sgd(0.002 * rate, momentum: 0.9),
            () => new Sgd(0.002 * rate, momentum: 0.9, nesterov: true, weightDecay: 0.01),
            () => new Adam(0.001 * rate, weightDecay: draw.Pick("λ", 0, 0.01)),
            () => new AdamW(0.001 * rate, weightDecay: 0.1))();
        return new TrainingOptions
        {
            Rule = rule,
            Optimizer = optimizer,
            DType = dtype,
            Seed = 3,
            KeepGradients = draw.Pick("keep", true, false),
            FinalErrors = true,
            ClipNorm = draw.Pick<double?>("clip", null, null, 0.3),
            OutputVariance = draw.Pick("k", 1, 1, 3),
            PrecisionDecay = draw.Pick("decay", 0, 0.1),
            // The only saving that is the same to rounding alone; it has a test of its own.
            Dual = DualForm.Never,
        };
    }

    private void PlannedIsPlain(Func<Draw, Graph, Rule> rule) => Draw.Check(Cases, LargestNet, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = true, Roots = true, Dropout = true, IsChain = draw.Pick("chain", true, false, false) });
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        TrainingOptions options = Options(draw, rule(draw, graph), graph);
        Dictionary<string, Tensor>[] batches = Runs.Batches(draw, graph, draw.Pick("starts", false, false, true));
        Dictionary<string, double[]>[] planned = Runs.Of(model, options, batches);
        Same(planned, Runs.Of(model, options with { Plain = true }, batches), $"{options}");
        // Energies and errors after the last move are for looking only.
        Same(Parameters(Runs.Of(model, options with { FinalErrors = false, KeepGradients = false }, batches)), Parameters(planned), $"no looking, {options}");
    });

    private static Dictionary<string, double[]>[] Parameters(Dictionary<string, double[]>[] all) =>
        [.. all.Select(static step => step.Where(static p => Compare.IsParameter(p.Key)).ToDictionary())];

    private static void Same(Dictionary<string, double[]>[] a, Dictionary<string, double[]>[] b, string place)
    {
        for (int i = 0; i < b.Length; i++) Compare.Same(a[i], b[i], $"batch {i}, {place}");
    }

    private static Tensor Permute(Tensor tensor, int[] order)
    {
        double[] elements = tensor.ToDoubles();
        int count = elements.Length / order.Length;
        return Tensor.From<double>([.. order.SelectMany(s => elements[(s * count)..((s + 1) * count)])], [.. tensor.Shape]);
    }
}

/// <summary>In double.</summary>
public sealed class SavingsF64Tests() : SavingsTests(DType.F64);

/// <summary>In float.</summary>
public sealed class SavingsF32Tests() : SavingsTests(DType.F32);
