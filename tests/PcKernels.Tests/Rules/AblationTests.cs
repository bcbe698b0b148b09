using PcKernels.Graphs;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>Z-IL paper, Table 3: without any one of its conditions it is not backpropagation.</summary>
public sealed class AblationTests
{
    private const int Nets = 20;

    public static TheoryData<ZeroDivergence> Ablations =>
        [new() { Gamma = 0.5 }, new() { Start = ValueStart.Random }, new() { LevelDependent = false }];

    [Theory]
    [MemberData(nameof(Ablations))]
    public void Without_one_condition_it_is_not_backpropagation(ZeroDivergence ablation)
    {
        for (int seed = 0; seed < Nets; seed++)
        {
            Model model = Model.Mlp(5, [6, 7, 4], 3, Activation.Tanh, seed: (ulong)seed);
            Dictionary<string, Tensor> batch = RandomNet.Batch(model.Graph, 8, seed);
            Dictionary<string, double[]> bp = Runs.Of(model, Runs.Looking with { Rule = new Backpropagation() }, batch);
            Dictionary<string, double[]> whole = Runs.Of(model, Runs.Looking with { Rule = new ZeroDivergence() }, batch);
            Assert.InRange(Compare.Distance(whole, bp, Compare.IsGradient), 0, 1e-12);
            double distance = Compare.Distance(Runs.Of(model, Runs.Looking with { Rule = ablation }, batch), bp, Compare.IsGradient);
            Assert.True(distance > 1e-3, $"seed {seed}: only {distance:e2} away");
        }
    }
}
