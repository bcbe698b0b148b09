using PcKernels.Cuda.Tests.Targets;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Models;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>Whole graphs with ops on a device, under every rule, against the CPU in f64; the same bits in any order.</summary>
public abstract class OpGraphSuite : DeviceComparison
{
    private const int Orders = 4;

    /// <param name="dtype">The element type.</param>
    private protected OpGraphSuite(DType dtype) : base(dtype)
    {
    }

    public static TheoryData<string> Rules() => [.. s_rules.Keys];

    private static readonly Dictionary<string, Rule> s_rules = new()
    {
        ["bp"] = new Backpropagation(),
        ["pc"] = new PredictiveCoding { Steps = 4, Gamma = 0.1, ValueMomentum = 0.5 },
        ["pc, updates in between"] = new PredictiveCoding { Steps = 4, Gamma = 0.1, UpdateEvery = 2 },
        ["ipc"] = new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1 },
        ["ipc, values first"] = new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Order = UpdateOrder.ValuesFirst },
        ["zil"] = new ZeroDivergence(),
        ["fpa"] = new FixedPrediction { Steps = 4, Gamma = 0.5 },
    };

    [DeviceTheory]
    [MemberData(nameof(Rules))]
    public void Images_are_the_cpus(string rule) => Check(OpGraphs.Images, s_rules[rule], 3, rule);

    [DeviceTheory]
    [InlineData("bp")]
    [InlineData("zil")]
    [InlineData("ipc, values first")]
    public void Gradients_in_parts_are_the_cpus(string rule) => Check(OpGraphs.LargeImages, s_rules[rule], 4, rule);

    [DeviceTheory]
    [MemberData(nameof(Rules))]
    public void Sequences_are_the_cpus(string rule) => Check(OpGraphs.Sequences, s_rules[rule], 3, rule);

    [DeviceTheory]
    [InlineData("[2, 3, 4]", """ "op": "conv2d", "of": ["s"], "channels": 3, "kernel": 2, "padding": 1, "activation": "tanh" """)]
    [InlineData("[6, 4]", """ "op": "layer_norm", "of": ["s"] """)]
    [InlineData("[2, 3, 4]", """ "op": "softmax", "of": ["s"], "dim": 1 """)]
    [InlineData("[6, 4]", """ "op": "attention", "of": ["s", "s", "s"], "heads": 2 """)]
    [InlineData("[2, 3, 4]", """ "op": "max_pool2d", "of": ["s"], "kernel": 2, "stride": 1 """)]
    public void An_op_may_be_a_categorical_output(string shape, string op) => Check(OpGraphs.Ending(shape, op), new PredictiveCoding { Steps = 3, Gamma = 0.1 }, 3, op);

    [DeviceTheory]
    [InlineData("transformer-small")]
    [InlineData("decoder-small")]
    [InlineData("rnn-small")]
    [InlineData("alexnet-small")]
    [InlineData("vgg5-small")]
    [InlineData("resnet18-small")]
    public void Models_that_ship_train_as_on_the_cpu(string name)
    {
        // Their sizes are the point here; checks have the smaller graphs.
        Graph graph = ShippedModels.Find(name).ReadGraph();
        foreach (string rule in new[] { "bp", "zil" })
            Compared(graph, Options(s_rules[rule], new Sgd(0.01)), [OpGraphs.Batch(graph, 2, 3)], null, $"{name}, {rule}", alsoInOneLaunch: false, checks: false);
    }

    [DeviceFact]
    public void A_prediction_drops_nothing_and_is_the_cpus()
    {
        const int count = 3;
        Target.CheckAll();
        Model model = RandomNet.Parameterise(OpGraphs.Images, 3);
        float[] inputs = OpGraphs.Batch(OpGraphs.Images, count, 5)["x"].To(DType.F32).AsSpan<float>().ToArray();
        float[] expected = new float[count * OpGraphs.Images["y"].Count], actual = new float[expected.Length];
        using (var trainer = new Trainer(model, Options(new Backpropagation(), new Sgd(0.1)), new CpuDevice(1))) trainer.Predict(inputs, count, expected);
        using (var trainer = new Trainer(model, Options(new Backpropagation(), new Sgd(0.1)), Target.Open())) trainer.Predict(inputs, count, actual);
        Assert.All(expected.Zip(actual), static p => Assert.Equal(p.First, p.Second, 1e-5f));
    }

    [DeviceFact]
    public void Two_runs_have_the_same_bits_in_any_order()
    {
        foreach (Graph graph in new[] { OpGraphs.Images, OpGraphs.Sequences })
        {
            TrainingOptions options = Options(s_rules["ipc"], new Sgd(0.01));
            Dictionary<string, double[]>? first = null;
            for (int order = 0; order < Orders; order++)
            {
                Target.CheckAll();
                Target.Shuffle(order);
                using var trainer = new Trainer(RandomNet.Parameterise(graph, 1), options, Target.Open());
                for (int i = 0; i < 2; i++) trainer.Step(OpGraphs.Batch(graph, 3, i));
                Dictionary<string, double[]> results = Compare.Results(trainer);
                first ??= results;
                Compare.Same(results, first, $"{graph.Name}, order {order}");
            }
        }
    }

    private void Check(Graph graph, Rule rule, int count, string place)
    {
        Target.Shuffle(graph.Nodes.Count % Orders);
        // Many moves a batch add up: with larger ones the images' energy grows without bound, on the CPU too.
        Compared(graph, Options(rule, new Sgd(0.0005, momentum: 0.5)), [OpGraphs.Batch(graph, count, 1), OpGraphs.Batch(graph, count, 2)], null, place, alsoInOneLaunch: false);
    }
}

[On(TestTarget.Emulator)]
public sealed class EmulatorOpGraphF64Suite() : OpGraphSuite(DType.F64);

[On(TestTarget.Emulator)]
public sealed class EmulatorOpGraphF32Suite() : OpGraphSuite(DType.F32);

[On(TestTarget.Cuda)]
public sealed class CudaOpGraphF64Suite() : OpGraphSuite(DType.F64);

[On(TestTarget.Cuda)]
public sealed class CudaOpGraphF32Suite() : OpGraphSuite(DType.F32);
