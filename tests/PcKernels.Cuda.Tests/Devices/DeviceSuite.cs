using PcKernels.Cuda.Tests.Targets;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>Programs on a device against the CPU in f64: random graphs, three batches in a row; on the emulator with all checks fatal and shuffled orders. One cooperative launch has to give the bits of the launches of waves.</summary>
public abstract class DeviceSuite : DeviceComparison
{
    private const int LargestNet = 6;

    /// <param name="dtype">The element type.</param>
    private protected DeviceSuite(DType dtype) : base(dtype)
    {
    }

    // Beside the suite without cuBLAS a few draws show that its products go the right way.
    private int Cases => Environment.GetEnvironmentVariable("PCK_FULL") == "1" ? 60 : TestTargets.On(GetType()) is { UsesCublas: true } ? 2 : 5;

    [DeviceFact]
    public void Backpropagation_is_the_cpus() => Check(1, static _ => new Backpropagation());

    [DeviceFact]
    public void Zero_divergence_is_the_cpus() => Check(2, static _ => new ZeroDivergence());

    [DeviceFact]
    public void Its_ablations_are_the_cpus() => Check(3, static d => new ZeroDivergence
    {
        Gamma = d.Next(2) == 0 ? 0.5 : 1,
        Start = d.Next(2) == 0 ? ValueStart.Random : ValueStart.Feedforward,
        LevelDependent = d.Next(2) == 0,
    });

    [DeviceFact]
    public void Predictive_coding_is_the_cpus() => Check(4, d => new PredictiveCoding
    {
        Steps = d.Next(6),
        Gamma = 0.1,
        ValueMomentum = d.Next(2) * 0.5,
        // Whether an energy has fallen may hang on a last bit, so only the wide type is asked.
        Discount = Type == DType.F64 ? 0.5 : 1,
        Start = d.Next(3) == 0 ? ValueStart.Random : ValueStart.Feedforward,
    }, roots: true);

    [DeviceFact]
    public void Updates_in_between_are_the_cpus() =>
        Check(5, static d => new PredictiveCoding { Steps = 4, Gamma = 0.1, UpdateEvery = d.Next(2) + 1, ValueMomentum = d.Next(2) * 0.5 }, roots: true);

    [DeviceTheory]
    [InlineData(UpdateOrder.Simultaneous)]
    [InlineData(UpdateOrder.ValuesFirst)]
    public void Incremental_predictive_coding_is_the_cpus(UpdateOrder order) =>
        Check(6, d => new IncrementalPredictiveCoding { Steps = d.Next(5) + 1, Gamma = 0.1, Order = order, ValueMomentum = d.Next(2) * 0.5 }, roots: true);

    [DeviceFact]
    public void Fixed_prediction_is_the_cpus() => Check(7, static d => new FixedPrediction { Steps = d.Next(6), Gamma = 0.5 }, roots: true);

    [DeviceFact]
    public void Kept_values_are_the_cpus()
    {
        Graph graph = Mlp(Likelihood.Gaussian, 5, 9, 7, 4);
        Dictionary<string, Tensor> batch = RandomNet.Batch(graph, 6, 1);
        Compared(graph, Options(new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Start = ValueStart.Keep }, new Adam(0.01, epsilon: AdamEpsilon)), [batch, batch, batch], null, "kept");
    }

    [DeviceTheory]
    [InlineData(nameof(ShapeName.Slim))]
    [InlineData(nameof(ShapeName.Middle))]
    [InlineData(nameof(ShapeName.Wide))]
    public void Every_shape_gives_the_cpus_results(string shape)
    {
        Graph graph = Mlp(Likelihood.Categorical, 70, 130, 40, 10);
        foreach (Rule rule in new Rule[] { new IncrementalPredictiveCoding { Steps = 2, Gamma = 0.1 }, new IncrementalPredictiveCoding { Steps = 2, Gamma = 0.1, Order = UpdateOrder.ValuesFirst } })
            Compared(graph, Options(rule, new Sgd(0.01)), [RandomNet.Batch(graph, 70, 3)], Enum.Parse<ShapeName>(shape), shape);
    }

    [DeviceTheory]
    [InlineData(60)]
    [InlineData(120)]
    [InlineData(150)]
    public void Categorical_outputs_of_any_width_are_the_cpus(int classes)
    {
        Graph graph = Mlp(Likelihood.Categorical, 6, 8, classes);
        foreach (Rule rule in new Rule[] { new Backpropagation(), new PredictiveCoding { Steps = 3, Gamma = 0.1 }, new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Order = UpdateOrder.ValuesFirst } })
            Compared(graph, Options(rule, new Sgd(0.05)), [RandomNet.Batch(graph, 5, 4)], null, $"{classes} classes, {rule}");
    }

    [DeviceFact]
    public void The_dual_form_is_the_cpus()
    {
        Graph graph = Mlp(Likelihood.Categorical, 90, 40, 30, 150);
        Rule[] rules =
        [
            new IncrementalPredictiveCoding { Steps = 5, Gamma = 0.1 }, new IncrementalPredictiveCoding { Steps = 5, Gamma = 0.1, Order = UpdateOrder.ValuesFirst },
            new PredictiveCoding { Steps = 8, Gamma = 0.1, UpdateEvery = 2 },
        ];
        foreach (Rule rule in rules)
        {
            TrainingOptions options = Options(rule, new Sgd(0.05)) with { KeepGradients = false, Dual = DualForm.Always, Schedule = LearningRateSchedule.Constant(2), OutputVariance = 2 };
            using (var trainer = new Trainer(new Model(graph), options, Target.Open()))
                Assert.Equal(["h1"], trainer.Plan(11).DualNodes);
            Compared(graph, options, [RandomNet.Batch(graph, 11, 1), RandomNet.Batch(graph, 11, 2)], null, $"dual, {rule}");
        }
    }

    [DeviceFact]
    public void Two_runs_have_the_same_bits_in_any_order()
    {
        Graph graph = Mlp(Likelihood.Categorical, 20, 40, 30, 10);
        TrainingOptions options = Options(new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1 }, new AdamW(0.01, epsilon: AdamEpsilon));
        Dictionary<string, double[]>? first = null;
        foreach (int seed in new[] { 0, 1, 2, 3 })
        {
            Target.Shuffle(seed);
            using var trainer = new Trainer(RandomNet.Parameterise(graph, 1), options, seed % 2 == 0 ? Target.Open() : Target.OpenCooperative() ?? Target.Open());
            for (int i = 0; i < 2; i++) trainer.Step(RandomNet.Batch(graph, 9, i));
            Dictionary<string, double[]> results = Compare.Results(trainer);
            first ??= results;
            Compare.Same(results, first, $"order {seed}");
        }
    }

    [DeviceFact]
    public void A_prediction_is_the_cpus()
    {
        Target.CheckAll();
        Graph graph = Mlp(Likelihood.Gaussian, 12, 20, 7);
        Model model = RandomNet.Parameterise(graph, 3);
        float[] inputs = RandomNet.Batch(graph, 11, 5)["x"].To(DType.F32).AsSpan<float>().ToArray();
        float[] expected = new float[77], actual = new float[77];
        using (var trainer = new Trainer(model, Options(new Backpropagation(), new Adam(0.1)), new CpuDevice(1))) trainer.Predict(inputs, 11, expected);
        using (var trainer = new Trainer(model, Options(new Backpropagation(), new Adam(0.1)), Target.Open())) trainer.Predict(inputs, 11, actual);
        Assert.All(expected.Zip(actual), static p => Assert.Equal(p.First, p.Second, 1e-5f));
    }

    /// <summary>A multilayer perceptron of tanh.</summary>
    private static Graph Mlp(Likelihood likelihood, params int[] widths)
    {
        var builder = new GraphBuilder("mlp");
        string below = "x";
        builder.Input(below, [widths[0]]);
        for (int i = 1; i < widths.Length; i++)
        {
            bool isLast = i == widths.Length - 1;
            string name = isLast ? "y" : $"h{i}";
            builder.Add(name, new Graphs.Ops.LinearOp(widths[i], Activation: isLast ? Activation.Identity : Activation.Tanh), [below]);
            below = name;
        }
        return builder.Output("y", likelihood).Build();
    }

    // Many moves a batch add up: they are made smaller, or some nets diverge.
    private Optimizer Draw(Random draw, bool movesOften)
    {
        Optimizer[] all =
        [
            new Sgd(0.05), new Sgd(0.05, weightDecay: 0.01), new Sgd(0.02, momentum: 0.9), new Sgd(0.02, momentum: 0.9, nesterov: true, weightDecay: 0.01),
            new Adam(0.01, epsilon: AdamEpsilon), new Adam(0.01, weightDecay: 0.01, epsilon: AdamEpsilon), new AdamW(0.01, weightDecay: 0.1, epsilon: AdamEpsilon),
        ];
        Optimizer optimizer = all[draw.Next(all.Length)];
        return movesOften ? optimizer with { LearningRate = optimizer.LearningRate / 100 } : optimizer;
    }

    private void Check(int purpose, Func<Random, Rule> rule, bool roots = false)
    {
        for (int i = 0; i < Cases; i++)
        {
            int seed = purpose * 1000 + i;
            var draw = new Random(seed);
            bool learns = draw.Next(2) == 0;
            Graph graph = RandomNet.Draw(seed, 1 + draw.Next(LargestNet), new NetKind { Roots = roots, IsChain = draw.Next(3) == 0, LearnedPrecisions = learns });
            Rule drawn = rule(draw);
            bool movesOften = drawn is IncrementalPredictiveCoding or PredictiveCoding { UpdateEvery: not null };
            TrainingOptions options = Options(drawn, Draw(draw, movesOften)) with
            {
                ClipNorm = draw.Next(3) == 0 ? 0.3 : null,
                OutputVariance = draw.Next(3) == 0 ? 4 : 1,
                PrecisionDecay = draw.Next(2) * 0.1,
                Schedule = LearningRateSchedule.Constant(draw.Next(2) * 2),
                Plain = draw.Next(2) == 0,
            };
            int count = 1 + draw.Next(40);
            bool startsOf(Rule r) => r is IncrementalPredictiveCoding or FixedPrediction or PredictiveCoding { Start: ValueStart.Feedforward };
            bool gives = startsOf(drawn) && draw.Next(3) == 0;
            Dictionary<string, Tensor>[] batches = [.. new[] { count, count, (count + 1) / 2 }.Select((size, b) => RandomNet.Batch(graph, size, seed + b, gives))];
            Target.Shuffle(i);
            Compared(graph, options, batches, null, $"seed {seed}, {options}");
        }
    }
}

[On(TestTarget.Cpu)]
public sealed class CpuF64Suite() : DeviceSuite(DType.F64);

[On(TestTarget.Cpu)]
public sealed class CpuF32Suite() : DeviceSuite(DType.F32);

[On(TestTarget.Emulator)]
public sealed class EmulatorF64Suite() : DeviceSuite(DType.F64);

[On(TestTarget.Emulator)]
public sealed class EmulatorF32Suite() : DeviceSuite(DType.F32);

[On(TestTarget.Emulator, UsesCublas = true)]
public sealed class EmulatorCublasF64Suite() : DeviceSuite(DType.F64);

[On(TestTarget.Emulator, UsesCublas = true)]
public sealed class EmulatorCublasF32Suite() : DeviceSuite(DType.F32);

[On(TestTarget.Cuda, UsesCublas = true)]
public sealed class CudaCublasF64Suite() : DeviceSuite(DType.F64);

[On(TestTarget.Cuda, UsesCublas = true)]
public sealed class CudaCublasF32Suite() : DeviceSuite(DType.F32);

[On(TestTarget.Cuda)]
public sealed class CudaF64Suite() : DeviceSuite(DType.F64);

[On(TestTarget.Cuda)]
public sealed class CudaF32Suite() : DeviceSuite(DType.F32);
