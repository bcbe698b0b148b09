using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Training;

/// <summary>A run whose energy leaves the finite numbers stops and says where and with which settings.</summary>
public sealed class DivergenceTests
{
    public static TheoryData<Rule, string[]> Rules => new()
    {
        { new Backpropagation(), ["rule bp"] },
        { new PredictiveCoding { Steps = 6, Gamma = 1e30 }, ["rule pc", "T 6", "gamma 1E+30"] },
        { new IncrementalPredictiveCoding { Steps = 5, Gamma = 1e30 }, ["rule ipc", "T 5", "gamma 1E+30"] },
        { new ZeroDivergence(), ["rule zil"] },
        { new FixedPrediction { Steps = 7, Gamma = 1e30 }, ["rule fpa", "T 7", "gamma 1E+30"] },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_diverging_run_names_vertex_step_and_settings(Rule rule, string[] says)
    {
        Model model = Model.Mlp(4, [5, 5], 3, Activation.Identity, seed: 2);
        using var trainer = new Trainer(model, new TrainingOptions { Rule = rule, Optimizer = new Sgd(1e20) });
        Dictionary<string, Tensor> batch = RandomNet.Batch(model.Graph, 4, 3);
        RunException error = Assert.Throws<RunException>(() =>
        {
            for (int i = 0; i < 50; i++) trainer.Step(batch);
        });
        Assert.Matches("^the energy of vertex '(h1|h2|y)' is (NaN|∞|Infinity) at step [0-9]+ of batch [0-9]+ \\(", error.Message);
        foreach (string words in says.Append("lr 1E+20")) Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
