using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>What a learned ln σ² does beside its gradient, which the oracle and finite differences check.</summary>
public sealed class LearnedPrecisionTests
{
    [Theory]
    [InlineData(PrecisionSharing.PerVertex)]
    [InlineData(PrecisionSharing.PerUnit)]
    public void Its_own_decay_draws_it_to_zero_and_no_other_parameter(PrecisionSharing sharing)
    {
        Model model = Net(sharing, 4);
        Dictionary<string, Tensor> batch = RandomNet.Batch(model.Graph, 6, 1);
        TrainingOptions options = Runs.Looking with { Rule = new PredictiveCoding { Steps = 3 }, Optimizer = new Sgd(0.1) };
        Dictionary<string, double[]> free = Runs.Of(model, options, batch), decayed = Runs.Of(model, options with { PrecisionDecay = 0.5 }, batch);
        double before = -Math.Log(4);
        foreach (string name in free.Keys.Where(Compare.IsParameter))
        {
            bool decays = name == "h.log_variance";
            Assert.Equal(sharing == PrecisionSharing.PerVertex ? 1 : 5, free["h.log_variance"].Length);
            for (int i = 0; i < free[name].Length; i++) Assert.Equal(decays ? -0.1 * 0.5 * before : 0, decayed[name][i] - free[name][i], 1e-14);
        }
        // The weights' decay is not the precision's.
        Dictionary<string, double[]> weights = Runs.Of(model, options with { Optimizer = new Sgd(0.1, weightDecay: 0.5) }, batch);
        Assert.Equal(free["h.log_variance"], weights["h.log_variance"]);
        Assert.NotEqual(free["h.weight"], weights["h.weight"]);
    }

    /// <summary>At rest π = 1/mean ε²: with a fixed net the output's precision finds the variance of its errors.</summary>
    [Theory]
    [InlineData(PrecisionSharing.PerVertex)]
    [InlineData(PrecisionSharing.PerUnit)]
    public void It_comes_to_rest_at_the_variance_of_the_errors(PrecisionSharing sharing)
    {
        Graph graph = new GraphBuilder("net").Input("x", 4)
            .Add("y", new LinearOp(3), ["x"], precision: Precision.Learned(sharing)).Output("y").Build();
        var model = new Model(graph, seed: 5);
        using var trainer = new Trainer(model, Runs.Looking with { Rule = new Backpropagation(), Optimizer = new Sgd(0.05) }, new CpuDevice(1));
        Dictionary<string, Tensor> batch = RandomNet.Batch(graph, 12, 2);
        for (int i = 0; i < 20_000; i++) trainer.Step(batch);
        double[] error = trainer.Error("y").ToDoubles(), logVariance = trainer.Parameter("y.log_variance").ToDoubles();
        for (int unit = 0; unit < 3; unit++)
        {
            double[] seen = sharing == PrecisionSharing.PerVertex ? error : [.. error.Where((_, i) => i % 3 == unit)];
            Assert.Equal(Math.Log(seen.Average(static e => e * e)), logVariance[sharing == PrecisionSharing.PerVertex ? 0 : unit], 1e-6);
        }
    }

    private static Model Net(PrecisionSharing sharing, double initial) => new(new GraphBuilder("net").Input("x", 4)
        .Add("h", new LinearOp(5, Activation: Activation.Tanh), ["x"], precision: Precision.Learned(sharing, initial))
        .Add("y", new LinearOp(3), ["h"]).Output("y").Build(), seed: 3);
}
