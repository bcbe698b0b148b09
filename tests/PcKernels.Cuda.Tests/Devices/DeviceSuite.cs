using PcKernels.Cuda.Tests.Interop;
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
[Collection(nameof(OneEmulator))]
public abstract class DeviceSuite : IDisposable
{
    private const int LargestNet = 6;

    private readonly DType _dtype;
    private readonly double _adamEpsilon;
    private readonly Nearness _nearness;
    private readonly TestDevice _device;

    /// <param name="dtype">The element type.</param>
    private protected DeviceSuite(DType dtype)
    {
        bool isDouble = dtype == DType.F64;
        _dtype = dtype;
        // Adam divides by the root of the second moment: where that is tiny, ε keeps a gradient's rounding from becoming a whole step.
        _adamEpsilon = isDouble ? 1e-8 : 1e-3;
        _nearness = isDouble ? new Nearness(1e-13, Math.Pow(2, -52)) : new Nearness(1e-5, Math.Pow(2, -23));
        _device = TestDevice.Of(GetType());
    }

    private static int Cases => Environment.GetEnvironmentVariable("PCK_FULL") == "1" ? 60 : 8;

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
        Discount = _dtype == DType.F64 ? 0.5 : 1,
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
        Compared(graph, Options(new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Start = ValueStart.Keep }, new Adam(0.01, epsilon: _adamEpsilon)), [batch, batch, batch], null, "kept");
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
            using (var trainer = new Trainer(new Model(graph), options, _device.Open()))
                Assert.Equal(["h1"], trainer.Plan(11).DualNodes);
            Compared(graph, options, [RandomNet.Batch(graph, 11, 1), RandomNet.Batch(graph, 11, 2)], null, $"dual, {rule}");
        }
    }

    [DeviceFact]
    public void Two_runs_have_the_same_bits_in_any_order()
    {
        Graph graph = Mlp(Likelihood.Categorical, 20, 40, 30, 10);
        TrainingOptions options = Options(new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1 }, new AdamW(0.01, epsilon: _adamEpsilon));
        Dictionary<string, double[]>? first = null;
        foreach (int seed in new[] { 0, 1, 2, 3 })
        {
            _device.Shuffle(seed);
            using var trainer = new Trainer(RandomNet.Parameterise(graph, 1), options, seed % 2 == 0 ? _device.Open() : _device.OpenCooperative() ?? _device.Open());
            for (int i = 0; i < 2; i++) trainer.Step(RandomNet.Batch(graph, 9, i));
            Dictionary<string, double[]> results = Compare.Results(trainer);
            first ??= results;
            Compare.Same(results, first, $"order {seed}");
        }
    }

    [DeviceFact]
    public void A_prediction_is_the_cpus()
    {
        _device.CheckAll();
        Graph graph = Mlp(Likelihood.Gaussian, 12, 20, 7);
        Model model = RandomNet.Parameterise(graph, 3);
        float[] inputs = RandomNet.Batch(graph, 11, 5)["x"].To(DType.F32).AsSpan<float>().ToArray();
        float[] expected = new float[77], actual = new float[77];
        using (var trainer = new Trainer(model, Options(new Backpropagation(), new Adam(0.1)), new CpuDevice(1))) trainer.Predict(inputs, 11, expected);
        using (var trainer = new Trainer(model, Options(new Backpropagation(), new Adam(0.1)), _device.Open())) trainer.Predict(inputs, 11, actual);
        Assert.All(expected.Zip(actual), static p => Assert.Equal(p.First, p.Second, 1e-5f));
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => _device.Dispose();

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

    private TrainingOptions Options(Rule rule, Optimizer optimizer) => new() { Rule = rule, Optimizer = optimizer, DType = _dtype, KeepGradients = true, FinalErrors = true, Seed = 7 };

    // Many moves a batch add up: they are made smaller, or some nets diverge.
    private Optimizer Draw(Random draw, bool movesOften)
    {
        Optimizer[] all =
        [
            new Sgd(0.05), new Sgd(0.05, weightDecay: 0.01), new Sgd(0.02, momentum: 0.9), new Sgd(0.02, momentum: 0.9, nesterov: true, weightDecay: 0.01),
            new Adam(0.01, epsilon: _adamEpsilon), new Adam(0.01, weightDecay: 0.01, epsilon: _adamEpsilon), new AdamW(0.01, weightDecay: 0.1, epsilon: _adamEpsilon),
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
            _device.Shuffle(i);
            Compared(graph, options, batches, null, $"seed {seed}, {options}");
        }
    }

    private void Compared(Graph graph, TrainingOptions options, Dictionary<string, Tensor>[] batches, ShapeName? shape, string place)
    {
        _device.CheckAll();
        Model model = RandomNet.Parameterise(graph, 5);
        TrainingOptions exactly = options with { DType = DType.F64 };
        using var exact = new Trainer(model, exactly, new CpuDevice(1));
        Trainer[] moved = [.. Nearness.Moves.Select(seed => new Trainer(Moved(model, seed), exactly, new CpuDevice(1)))];
        using var trainer = new Trainer(model, options, _device.Open(shape));
        using Trainer? loop = _device.OpenCooperative(shape) is { } cooperative ? new Trainer(model, options, cooperative) : null;
        foreach ((int i, Dictionary<string, Tensor> batch) in batches.Index())
        {
            exact.Step(batch);
            foreach ((int k, Trainer one) in moved.Index()) one.Step(_nearness.Moved(batch, 100 * i + k));
            trainer.Step(batch);
            loop?.Step(batch);
            if (loop is not null) Compare.Same(Compare.Results(loop), Compare.Results(trainer), $"one launch against waves, batch {i}, {place}");
            _nearness.Check(Compare.Results(trainer), Compare.Results(exact), [.. moved.Select(static m => Compare.Results(m))], $"batch {i}, {place}");
        }
        foreach (Trainer one in moved) one.Dispose();
    }

    private Model Moved(Model model, int seed)
    {
        var moved = new Model(model.Graph);
        moved.SetParameters(_nearness.Moved(model.Parameters, seed));
        return moved;
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
