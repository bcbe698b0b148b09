using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules.Oracle;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>
/// Programs on the CPU against an oracle of plain loops, over three batches in a row on random graphs. Where a draw magnifies rounding (an error that is a small difference, an optimiser
/// that divides by a small gradient), the oracle shows by how much: it runs again with every number changed by up to a rounding, and what that alone changes is allowed too.
/// Draws that diverge, or that come so near to an activation's kink that rounding chooses the slope, have no right answer and are passed over.
/// </summary>
public abstract class OracleTests(DType dtype, double tolerance, double unit, double adamEpsilon)
{
    private const int Cases = 60;
    private const int LargestNet = 7;
    private const int Roundings = 3;
    private const double Kink = 100;
    private const double Largest = 1e4;

    [Fact]
    public void Backpropagation_is_the_oracles() => Check(static _ => new Backpropagation(), new NetKind());

    /// <summary>
    /// Z-IL against the oracle's backpropagation: parameters and gradients are BP's, hidden precisions are none of its business. All parameters together: a deep one may have few digits
    /// left, since its error is a small difference of two values.
    /// </summary>
    [Fact]
    public void Zero_divergence_is_the_oracles_backpropagation() => Check(
        static _ => new ZeroDivergence(),
        new NetKind { LearnedPrecisions = false },
        (actual, expected, _, _) =>
        {
            foreach (Func<string, bool> kind in new[] { Compare.IsParameter, Compare.IsGradient })
                Assert.InRange(Compare.Distance(actual, expected, kind), 0, tolerance);
        });

    [Fact]
    public void Predictive_coding_is_the_oracles() => Check(
        d => new PredictiveCoding
        {
            Steps = d.Pick("T", 0, 1, 2, 5, 8),
            Gamma = Gamma(d),
            ValueMomentum = d.Pick("m", 0, 0, 0.5),
            // Whether an energy has fallen may hang on a last bit, so only the wide type is asked.
            Discount = dtype == DType.F64 ? d.Pick("discount", 1, 1, 0.5) : 1,
        },
        new NetKind { Roots = true });

    [Fact]
    public void Predictive_coding_with_updates_in_between_is_the_oracles() => Check(
        d => new PredictiveCoding { Steps = 6, Gamma = Gamma(d), UpdateEvery = d.Pick("k", 1, 2, 3), ValueMomentum = d.Pick("m", 0, 0, 0.5) }, new NetKind { Roots = true });

    [Theory]
    [InlineData(UpdateOrder.Simultaneous)]
    [InlineData(UpdateOrder.ValuesFirst)]
    public void Incremental_predictive_coding_is_the_oracles(UpdateOrder order) => Check(
        d => new IncrementalPredictiveCoding { Steps = d.Pick("T", 1, 2, 5, 8), Gamma = Gamma(d), Order = order, ValueMomentum = d.Pick("m", 0, 0, 0.5) },
        new NetKind { Roots = true });

    [Fact]
    public void Fixed_prediction_is_the_oracles() => Check(
        d => new FixedPrediction { Steps = d.Pick("T", 0, 1, 3, 8), Gamma = d.Pick("gamma", 0.1, 0.5, 1) }, new NetKind { Roots = true });

    private static double Gamma(Draw draw) => draw.Pick("gamma", 0.05, 0.1, 0.3);

    // Many moves a batch add up: they are made smaller, or some nets diverge; most of all where a vertex of many elements learns its precision.
    private Optimizer Optimizer(Draw draw, Rule rule, Graph graph)
    {
        Optimizer optimizer = Optimizer(draw);
        bool movesOften = rule is IncrementalPredictiveCoding or PredictiveCoding { UpdateEvery: not null };
        bool learnsPrecision = graph.Vertices.Any(static v => v.Precision.IsLearned);
        return movesOften ? optimizer with { LearningRate = optimizer.LearningRate / (learnsPrecision ? 100 : 10) } : optimizer;
    }

    private Optimizer Optimizer(Draw draw) => draw.Pick<Func<Optimizer>>("optimizer",
        static () => new Sgd(0.05),
        static () => new Sgd(0.05, weightDecay: 0.01),
        static () => new Sgd(0.02, momentum: 0.9),
        static () => new Sgd(0.02, momentum: 0.9, nesterov: true, weightDecay: 0.01),
        () => new Adam(0.01, epsilon: adamEpsilon),
        () => new Adam(0.01, weightDecay: 0.01, epsilon: adamEpsilon),
        () => new AdamW(0.01, weightDecay: 0.1, epsilon: adamEpsilon))();

    private delegate void Judge(Dictionary<string, double[]> actual, Dictionary<string, double[]> expected, string place, Dictionary<string, double[]>[] rounded);

    private void Check(Func<Draw, Rule> rule, NetKind kind) =>
        Check(rule, kind, (actual, expected, place, rounded) => Compare.Near(actual, expected, tolerance, place, rounded));

    private void Check(Func<Draw, Rule> rule, NetKind kind, Judge judge)
    {
        int drawn = 0, judged = 0;
        Draw.Check(Cases, LargestNet, draw =>
        {
            drawn++;
            if (HasAnswer(draw, rule, kind, judge)) judged++;
        });
        Assert.True(judged > 0.8 * drawn, $"only {judged} of {drawn} draws could be judged");
    }

    private bool HasAnswer(Draw draw, Func<Draw, Rule> rule, NetKind kind, Judge judge)
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, kind with { Ops = true, IsChain = draw.Pick("chain", true, false, false) });
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        var options = new TrainingOptions
        {
            Rule = rule(draw),
            Optimizer = Optimizer(draw, rule(draw), graph),
            DType = dtype,
            KeepGradients = true,
            FinalErrors = true,
            ClipNorm = draw.Pick<double?>("clip", null, null, 0.3),
            OutputVariance = draw.Pick("k", 1, 1, 4),
            PrecisionDecay = draw.Pick("decay", 0, 0.1),
            Schedule = draw.Pick("schedule", LearningRateSchedule.Constant(), LearningRateSchedule.Constant(2)),
            Plain = draw.Pick("plain", false, true),
        };
        var oracle = new OracleTrainer(model, options, Rounding.None);
        OracleTrainer[] rounded = [.. Enumerable.Range(0, Roundings).Select(i => new OracleTrainer(model, options, new Rounding(unit, (ulong)i)))];
        using var trainer = new Trainer(model, options, new CpuDevice(draw.Pick("threads", 1, 2)));
        bool givesStarts = options.Rule is not (Backpropagation or ZeroDivergence) && draw.Pick("starts", false, false, true);
        int count = draw.Random("batch").Next(1, 10);
        foreach (int size in new[] { count, count, (count + 1) / 2 })
        {
            Dictionary<string, Tensor> batch = RandomNet.Batch(graph, size, unchecked(draw.Seed + (int)trainer.Batches), givesStarts);
            OracleStep step = oracle.Step(batch);
            if (Diverges(step, oracle) || oracle.NearestKink < Kink * unit) return false;
            trainer.Step(batch);
            Dictionary<string, double[]>[] others = [.. rounded.Select(o => Results(graph, o, o.Step(batch), trainer))];
            judge(Compare.Results(trainer), Results(graph, oracle, step, trainer), $"{options.Optimizer}, batch {trainer.Batches} of {size}, {options}", others);
        }
        return true;
    }

    // What grows without bound says nothing about who is right.
    private static bool Diverges(OracleStep step, OracleTrainer oracle) =>
        step.Values.Values.Concat(step.Errors.Values).Any(static m => m.Cast<double>().Any(IsLarge))
        || oracle.Parameters.Values.Any(static p => p.Any(IsLarge)) || step.Energies.Any(static row => row.Values.Any(IsLarge));

    private static bool IsLarge(double value) => !(Math.Abs(value) < Largest);

    private static Dictionary<string, double[]> Results(Graph graph, OracleTrainer oracle, OracleStep step, Trainer trainer)
    {
        Dictionary<string, double[]> all = oracle.Parameters.ToDictionary(static p => p.Key, static p => (double[])p.Value.Clone());
        foreach ((string name, double[] gradient) in step.Gradients) all[$"grad/{name}"] = gradient;
        foreach ((int vertex, double[,] error) in step.Errors)
        {
            all[$"error/{graph.Nodes[vertex].Name}"] = [.. error.Cast<double>()];
            all[$"value/{graph.Nodes[vertex].Name}"] = [.. step.Values[vertex].Cast<double>()];
        }
        all["energy"] = [.. step.Energies.SelectMany(row => trainer.Program!.EnergySlots.Select(slot => row.GetValueOrDefault(slot)))];
        return all;
    }
}

/// <summary>In double: both sides round at 1e-16, and a thousand operations deep little of it is lost.</summary>
public sealed class OracleF64Tests() : OracleTests(DType.F64, 1e-11, 1.0 / (1L << 53), 1e-8);

/// <summary>
/// In float: a product sums up to 20 terms and 9 samples at 6e-8 each, an error is a difference of two values ten times its size, and three batches of up to
/// eight steps add up; Adam's step is kept from dividing a rounding error by itself (its slope is rate/epsilon).
/// </summary>
public sealed class OracleF32Tests() : OracleTests(DType.F32, 1e-4, 1.0 / (1L << 24), 1e-3);
