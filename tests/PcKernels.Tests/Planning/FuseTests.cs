using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Graphs;
using PcKernels.Training;

namespace PcKernels.Tests.Planning;

/// <summary>Learning that a prediction takes along gives the same as learning by itself, which clipping at a norm that nothing reaches asks for.</summary>
public sealed class FuseTests
{
    private const double OutOfReach = 1e30;

    public static TheoryData<Rule> Rules => new()
    {
        new PredictiveCoding { Steps = 4, UpdateEvery = 2 },
        new PredictiveCoding { Steps = 3, UpdateEvery = 1 },
        new IncrementalPredictiveCoding { Steps = 4, Gamma = 0.05 },
        new IncrementalPredictiveCoding { Steps = 4, Gamma = 0.05, Order = UpdateOrder.ValuesFirst },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void An_activated_link_is_learned_with_before_it_is_predicted_anew(Rule rule)
    {
        Graph graph = new GraphBuilder("pre").Input("x", 4)
            .Add("a", new LinearOp(4), ["x"])
            .Add("r", new AddOp(), ["a", "x"])
            .Add("h", new LinearOp(4, true, Activation.Tanh, ActivationForm.Pre), ["r"])
            .Add("y", new LinearOp(2, true, Activation.Tanh, ActivationForm.Pre), ["h"])
            .Output("y").Build();
        AssertSame(graph, rule);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Random_graphs_learn_alike(Rule rule)
    {
        for (int seed = 0; seed < 40; seed++) AssertSame(RandomGraph.Make(seed), rule);
    }

    private static void AssertSame(Graph graph, Rule rule)
    {
        Dictionary<string, Tensor> fused = Train(graph, rule, null), alone = Train(graph, rule, OutOfReach);
        foreach ((string name, Tensor tensor) in fused)
        {
            double[] a = tensor.ToDoubles(), b = alone[name].ToDoubles();
            for (int i = 0; i < a.Length; i++)
                Assert.True(Math.Abs(a[i] - b[i]) <= 1e-11 * Math.Max(1, Math.Abs(b[i])), $"{graph.Name}, {rule.Name}: {name}[{i}] is {a[i]:R}, by itself {b[i]:R}");
        }
    }

    private static Dictionary<string, Tensor> Train(Graph graph, Rule rule, double? clip)
    {
        var options = new TrainingOptions { Rule = rule, Optimizer = new Sgd(0.1), DType = DType.F64, ClipNorm = clip };
        using var trainer = new Trainer(new Model(graph, seed: 3), options, new CpuDevice(1));
        for (int i = 0; i < 2; i++) trainer.Step(RandomBatch.Make(graph, 3, i));
        return graph.Parameters.ToDictionary(static p => p.Name, p => trainer.Parameter(p.Name));
    }
}
