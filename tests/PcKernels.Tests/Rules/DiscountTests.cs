using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Rules;
using PcKernels.Tests.Rules.Oracle;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>γ is multiplied by d from the step on before which the energy had not fallen, and each batch begins with the full γ.</summary>
public sealed class DiscountTests
{
    [Theory]
    [InlineData(0.5, false)]
    [InlineData(0.9, false)]
    [InlineData(0.5, true)]
    public void The_step_shrinks_where_the_energy_has_not_fallen(double discount, bool plain)
    {
        Model model = RandomNet.Parameterise(Model.Mlp(6, [8, 7], 4, Activation.Tanh).Graph, 5);
        Dictionary<string, Tensor>[] batches = [.. Enumerable.Range(0, 2).Select(i => RandomNet.Batch(model.Graph, 5, i))];
        // With γ = 2.2 the values overshoot: the energy rises until γ is small enough.
        TrainingOptions options = Runs.Looking with { Rule = new PredictiveCoding { Steps = 12, Gamma = 2.2, Discount = discount }, Plain = plain };
        var oracle = new OracleTrainer(model, options, Rounding.None);
        using var trainer = new Trainer(model, options, new CpuDevice(2));
        foreach (Dictionary<string, Tensor> batch in batches)
        {
            trainer.Step(batch);
            OracleStep expected = oracle.Step(batch);
            double[] energies = trainer.Energies();
            Assert.Contains(Enumerable.Range(1, 8), t => energies[t] >= energies[t - 1]);
            foreach ((double energy, Dictionary<string, double> row) in energies.Zip(expected.Energies)) Assert.Equal(1, energy / row.Values.Sum(), 1e-9);
        }
        double[] undamped = Runs.Of(model, options with { Rule = new PredictiveCoding { Steps = 12, Gamma = 2.2 } }, batches)[0]["energy"];
        Assert.NotEqual(undamped, Runs.Of(model, options, batches)[0]["energy"]);
    }
}
