using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Tests.Graphs;
using PcKernels.Tests.Planning;
using PcKernels.Training;

namespace PcKernels.Tests.Execution;

/// <summary>Batches of several panels of rows and blocks of weights, where products are taken in other ways than in the small nets of the other tests.</summary>
public sealed class LargeBatchTests
{
    private static readonly Graph s_graph = Model.Mlp(300, [64, 100], 10, Activation.Tanh).Graph;

    public static TheoryData<int> Batches => [32, 40, 200];

    [Theory, MemberData(nameof(Batches))]
    public void Threads_and_savings_change_no_bit(int batch)
    {
        foreach (Rule rule in PlanCases.Rules(3))
        {
            double[] expected = Train(rule, batch, DType.F32, threads: 1, plain: false);
            for (int threads = 1; threads <= 3; threads++)
                foreach (bool plain in new[] { false, true })
                    Assert.True(expected.AsSpan().SequenceEqual(Train(rule, batch, DType.F32, threads, plain)), $"{rule}, {threads} threads, plain {plain}");
        }
    }

    [Theory, MemberData(nameof(Batches))]
    public void Single_precision_agrees_with_double_to_rounding(int batch)
    {
        foreach (Rule rule in PlanCases.Rules(3))
        {
            double[] single = Train(rule, batch, DType.F32, 2, false), full = Train(rule, batch, DType.F64, 2, false);
            double distance = Distance(single, full);
            Assert.True(distance < 1e-5, $"{rule}: {distance:g2}");
        }
    }

    // Weights of 640 x 640 are copied whole and not where several workers share them; two of them and a third behind an activation end in one value.
    [Fact]
    public void Weights_that_are_copied_change_no_bit()
    {
        Graph graph = new GraphBuilder("wide").Input("x", 12)
            .Add("h", new LinearOp(640, Activation: Activation.Tanh), ["x"])
            .Add("a", new LinearOp(640), ["h"])
            .Add("b", new LinearOp(640, Activation: Activation.Tanh, Form: ActivationForm.Pre), ["h"])
            .Add("c", new LinearOp(640, Activation: Activation.Tanh), ["h"])
            .Add("sum", new AddOp(), ["a", "b", "c"])
            .Add("y", new LinearOp(5), ["sum"]).Output("y").Build();
        foreach (Rule rule in new Rule[] { new PredictiveCoding { Steps = 2, Start = ValueStart.Random }, new ZeroDivergence() })
        {
            double[] expected = Train(graph, rule, 200, DType.F32, 1, false), full = Train(graph, rule, 200, DType.F64, 1, false);
            for (int threads = 2; threads <= 3; threads++)
                Assert.True(expected.AsSpan().SequenceEqual(Train(graph, rule, 200, DType.F32, threads, false)), $"{rule}, {threads} threads");
            Assert.True(Distance(expected, full) < 1e-5, $"{rule}: {Distance(expected, full):g2}");
        }
    }

    private static double Distance(double[] single, double[] full) => Math.Sqrt(single.Zip(full, static (a, b) => (a - b) * (a - b)).Sum() / full.Sum(static b => b * b));

    private static double[] Train(Rule rule, int batch, DType dtype, int threads, bool plain) => Train(s_graph, rule, batch, dtype, threads, plain);

    private static double[] Train(Graph graph, Rule rule, int batch, DType dtype, int threads, bool plain)
    {
        var options = new TrainingOptions { Rule = rule, Optimizer = new Sgd(0.05), DType = dtype, Plain = plain, Dual = DualForm.Never };
        using var trainer = new Trainer(new Model(graph), options, new CpuDevice(threads));
        for (int i = 0; i < 2; i++) trainer.Step(RandomBatch.Make(graph, batch, rule is PredictiveCoding { Start: ValueStart.Keep } ? 0 : i));
        return [.. graph.Parameters.SelectMany(p => trainer.Parameter(p.Name).ToDoubles())];
    }
}
