using PcKernels.Execution;
using PcKernels.Graphs;
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
            double distance = Math.Sqrt(single.Zip(full, static (a, b) => (a - b) * (a - b)).Sum() / full.Sum(static b => b * b));
            Assert.True(distance < 1e-5, $"{rule}: {distance:g2}");
        }
    }

    private static double[] Train(Rule rule, int batch, DType dtype, int threads, bool plain)
    {
        var options = new TrainingOptions { Rule = rule, Optimizer = new Sgd(0.05), DType = dtype, Plain = plain, Dual = DualForm.Never };
        using var trainer = new Trainer(new Model(s_graph), options, new CpuDevice(threads));
        for (int i = 0; i < 2; i++) trainer.Step(RandomBatch.Make(s_graph, batch, rule is PredictiveCoding { Start: ValueStart.Keep } ? 0 : i));
        return [.. s_graph.Parameters.SelectMany(p => trainer.Parameter(p.Name).ToDoubles())];
    }
}
