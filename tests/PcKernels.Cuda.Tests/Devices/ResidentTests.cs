using System.Text.Json;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>The resident kernels on the emulated GPU, all checks fatal, against waves whose products round alike.</summary>
public sealed class ResidentTests : EmulatorTests
{
    public static TheoryData<CudaMath, string, int, string> Programs()
    {
        var data = new TheoryData<CudaMath, string, int, string>();
        foreach (CudaMath math in new[] { CudaMath.Exact, CudaMath.Tf32 })
        {
            foreach (string rule in Rules.Keys) data.Add(math, "6-9-7-4", 5, rule);
            foreach (string rule in new[] { "ipc", "pc" })
            {
                data.Add(math, "20-140-33-130-7", 11, rule);
                data.Add(math, "256-256", 2, rule);
                data.Add(math, "16-48-16", 32, rule);
            }
        }
        return data;
    }

    private static Dictionary<string, Rule> Rules { get; } = new()
    {
        ["ipc"] = new IncrementalPredictiveCoding { Steps = 6, Gamma = 0.1 },
        ["ipc short of the lowest layer"] = new IncrementalPredictiveCoding { Steps = 2, Gamma = 0.1 },
        ["ipc from random values"] = new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Start = ValueStart.Random },
        ["ipc from the last values"] = new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Start = ValueStart.Keep },
        ["ipc, values first"] = new IncrementalPredictiveCoding { Steps = 4, Gamma = 0.1, Order = UpdateOrder.ValuesFirst },
        ["pc"] = new PredictiveCoding { Steps = 5, Gamma = 0.1 },
        ["pc, two updates"] = new PredictiveCoding { Steps = 6, Gamma = 0.1, UpdateEvery = 3 },
    };

    [EmulatorTheory]
    [MemberData(nameof(Programs))]
    public void Results_are_those_of_waves(CudaMath math, string net, int batch, string rule)
    {
        foreach (bool isPlain in new[] { false, true })
            foreach (bool keeps in new[] { false, true })
            {
                Graph graph = Net(net);
                var options = new TrainingOptions { Rule = Rules[rule], Optimizer = new Sgd(0.05), KeepGradients = keeps, FinalErrors = keeps, Plain = isPlain, Seed = 3 };
                Emulator.SetChecks("fatal");
                Emulator.SetSeed(batch);
                Model model = RandomNet.Parameterise(graph, 5);
                using var waves = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Waves, math));
                using var resident = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Resident, math));
                var plan = CudaExecutionPlan.Of(resident.Plan(batch), DType.F32, CudaLimits.H100, math: math);
                Assert.True(plan.Execution == CudaExecution.Resident, $"plain {isPlain}, gradients {keeps}: {plan.Verdicts[0].Reason}");
                for (int i = 0; i < 2; i++)
                {
                    StepBoth(waves, resident, RandomNet.Batch(graph, batch, SeedOf(rule, i)), math, $"batch {i}, plain {isPlain}, gradients {keeps}");
                    // Values that start as predictions are the kernel's own: it is all of the batch.
                    if (Rules[rule] is IncrementalPredictiveCoding { Start: ValueStart.Feedforward } or PredictiveCoding) Assert.Equal(1, LaunchesIn(Emulator.Sums));
                }
            }
    }

    // ε of Adam: far above the last bits of a gradient, whose sign would else decide on a step of α.
    internal static Dictionary<string, Optimizer> WithMoments { get; } = new()
    {
        ["momentum"] = new Sgd(0.05, momentum: 0.9),
        ["nesterov, decay"] = new Sgd(0.05, momentum: 0.8, nesterov: true, weightDecay: 0.1),
        ["adam"] = new Adam(0.01, epsilon: 1e-2),
        ["adam, decay"] = new Adam(0.01, weightDecay: 0.1, epsilon: 1e-2),
        ["adamw"] = new AdamW(0.01, weightDecay: 0.5, epsilon: 1e-2),
    };

    public static TheoryData<CudaMath, string, int, string, string> Moments()
    {
        var data = new TheoryData<CudaMath, string, int, string, string>();
        foreach (CudaMath math in new[] { CudaMath.Exact, CudaMath.Tf32 })
        {
            foreach (string optimizer in WithMoments.Keys) data.Add(math, "20-140-33-7", 11, "ipc", optimizer);
            // Weights that no error has reached yet, one update of several in a batch, and the sizes of blocks.
            foreach (string rule in new[] { "ipc short of the lowest layer", "ipc from the last values", "pc", "pc, two updates" }) data.Add(math, "6-9-7-4", 5, rule, "adamw");
            data.Add(math, "6-9-7-4", 5, "ipc short of the lowest layer", "nesterov, decay");
            data.Add(math, "16-48-130", 32, "ipc from random values", "adam");
            data.Add(math, "256-256", 16, "pc", "momentum");
        }
        return data;
    }

    [EmulatorTheory]
    [MemberData(nameof(Moments))]
    public void Optimisers_with_moments_are_those_of_waves(CudaMath math, string net, int batch, string rule, string optimizer)
    {
        foreach (bool keeps in new[] { false, true })
        {
            Graph graph = Net(net);
            var options = new TrainingOptions { Rule = Rules[rule], Optimizer = WithMoments[optimizer], KeepGradients = keeps, Schedule = LearningRateSchedule.Constant(2), Seed = 3 };
            Emulator.SetChecks("fatal");
            Model model = RandomNet.Parameterise(graph, 5);
            using var waves = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Waves, math));
            using var resident = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Resident, math));
            for (int i = 0; i < 3; i++) StepBoth(waves, resident, RandomNet.Batch(graph, batch, SeedOf(rule, i)), math, $"batch {i}, gradients {keeps}");
        }
    }

    [EmulatorTheory]
    [InlineData(CudaMath.Exact, "6-9-7-4", 5, "ipc")]
    [InlineData(CudaMath.Exact, "20-140-33-128", 11, "ipc")]
    [InlineData(CudaMath.Exact, "20-33-100", 20, "ipc from random values")]
    [InlineData(CudaMath.Exact, "20-33-10", 5, "ipc short of the lowest layer")]
    [InlineData(CudaMath.Exact, "20-33-10", 5, "pc")]
    [InlineData(CudaMath.Tf32, "6-9-7-4", 5, "ipc")]
    [InlineData(CudaMath.Tf32, "20-140-33-128", 11, "ipc")]
    [InlineData(CudaMath.Tf32, "20-33-100", 20, "ipc from random values")]
    [InlineData(CudaMath.Tf32, "20-33-10", 5, "ipc short of the lowest layer")]
    [InlineData(CudaMath.Tf32, "20-33-10", 5, "pc")]
    public void Categorical_outputs_and_weight_decay_are_those_of_waves(CudaMath math, string net, int batch, string rule)
    {
        foreach (Likelihood likelihood in new[] { Likelihood.Categorical, Likelihood.Gaussian })
            foreach (double decay in new[] { 0, 0.5 })
            {
                Graph graph = Net(net, likelihood);
                var options = new TrainingOptions
                {
                    Rule = Rules[rule],
                    Optimizer = new Sgd(0.05, weightDecay: decay),
                    KeepGradients = batch == 5,
                    FinalErrors = true,
                    Schedule = LearningRateSchedule.Constant(2),
                    Seed = 3,
                };
                Emulator.SetChecks("fatal");
                Model model = RandomNet.Parameterise(graph, 5);
                using var waves = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Waves, math));
                using var resident = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Resident, math));
                var plan = CudaExecutionPlan.Of(resident.Plan(batch), DType.F32, CudaLimits.H100, math: math);
                Assert.True(plan.Execution == CudaExecution.Resident, $"{likelihood}, decay {decay}: {plan.Verdicts[0].Reason}");
                for (int i = 0; i < 2; i++)
                {
                    Dictionary<string, Tensor> samples = RandomNet.Batch(graph, batch, i);
                    waves.Step(samples);
                    resident.Step(samples);
                    Compare.Near(Compare.Results(resident), Compare.Results(waves), Tolerance(math), $"batch {i}, {likelihood}, decay {decay}");
                    Assert.All(resident.Energies().ToArray().Zip(waves.Energies().ToArray()), e => Assert.Equal(e.Second, e.First, Math.Abs(e.Second) * EnergyTolerance(math)));
                }
            }
    }

    [Fact]
    public void What_has_no_room_on_the_chip_is_refused_with_the_reason()
    {
        Assert.Contains("clipping", Refusal(Likelihood.Gaussian, 10, new Sgd(0.1), clip: 1), StringComparison.Ordinal);
        Assert.Contains("a categorical output lies in one block of 128 units, 'y' has 129", Refusal(Likelihood.Categorical, 129, new Sgd(0.1)), StringComparison.Ordinal);
        Assert.Contains("at most 32 samples, the batch has 33", Refusal(Likelihood.Categorical, 10, new Sgd(0.1), batch: 33), StringComparison.Ordinal);
    }

    [EmulatorTheory]
    [InlineData(CudaMath.Exact, 9)]
    [InlineData(CudaMath.Tf32, 5)]
    [InlineData(CudaMath.Tf32, 9)]
    [InlineData(CudaMath.Tf32, 20)]
    public void Two_runs_have_the_same_bits_in_any_order(CudaMath math, int batch)
    {
        Graph graph = Net("20-140-33-7");
        var options = new TrainingOptions { Rule = Rules["ipc"], Optimizer = new Sgd(0.05) };
        Emulator.SetChecks("fatal");
        Dictionary<string, double[]>? first = null;
        foreach (int seed in new[] { 0, 1, 2, 3 })
        {
            Emulator.SetSeed(seed);
            using var trainer = new Trainer(RandomNet.Parameterise(graph, 1), options, CudaDevice.Emulated(CudaExecution.Resident, math));
            for (int i = 0; i < 2; i++) trainer.Step(RandomNet.Batch(graph, batch, i));
            Dictionary<string, double[]> results = Compare.Results(trainer);
            first ??= results;
            Compare.Same(results, first, $"order {seed}");
        }
    }

    [EmulatorTheory]
    [InlineData(CudaMath.Exact, 0)]
    [InlineData(CudaMath.Tf32, 0)]
    [InlineData(CudaMath.Exact, 1)]
    [InlineData(CudaMath.Tf32, 2)]
    public void Weights_are_read_and_written_once_a_batch_however_many_steps_and_moments_once_a_step(CudaMath math, int moments)
    {
        const int width = 256, layers = 3, batch = 8;
        Optimizer optimizer = moments == 0 ? new Sgd(0.01) : moments == 1 ? new Sgd(0.01, momentum: 0.9) : new Adam(0.01);
        long[] moved = [.. new[] { 3, 4, 5 }.Select(steps => BytesMoved(string.Join('-', Enumerable.Repeat(width, layers + 1)), batch, steps, math, optimizer))];
        long weights = 4L * layers * width * width, biases = 4L * layers * width;
        // Of a step, in matrices [batch, width]: x below read by both blocks of the two upper layers, the sums of both blocks above read by the
        // two lower ones, each block its half; x written by the two lower layers, sums by both blocks of the two upper ones.
        long values = 4L * batch * width * (4 + 4 + 2 + 4) + moments * 2 * (weights + biases);
        Assert.Equal(moved[1] - moved[0], moved[2] - moved[1]);
        // The rate's factor and the number of updates, and of Adam the corrections: 16 bytes each, by every thread for both halves of its weights, by every second for a bias.
        values += moments * 2 * layers * 256 * 5 / 2 * 16;
        Assert.InRange(moved[1] - moved[0], values, values + 16384); // flags and the step's work, read by every thread, beside it
        Assert.InRange(moved[0] - 3 * (moved[1] - moved[0]), 2 * weights, 2 * weights + 4 * batch * width * 16); // values and errors at both ends
    }

    [Theory]
    [InlineData(CudaMath.Exact)]
    [InlineData(CudaMath.Tf32)]
    public void The_net_of_the_headline_fits_an_h100(CudaMath math)
    {
        using var trainer = new Trainer(new Model(Net(string.Join('-', Enumerable.Repeat(256, 65)))), new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = 128 }, Optimizer = new Sgd(0.01) });
        var plan = CudaExecutionPlan.Of(trainer.Plan(32), DType.F32, CudaLimits.H100, math: math);
        Assert.Equal(CudaExecution.Resident, plan.Execution);
        Assert.Equal(128, plan.Schedule!.Blocks);
        CudaExecutionVerdict refused = CudaExecutionPlan.Of(trainer.Plan(32), DType.F32, CudaLimits.A100, math: math).Verdicts[0];
        Assert.False(refused.IsPossible);
        Assert.Contains("128 blocks", refused.Reason, StringComparison.Ordinal);
    }

    /// <summary>Two multiprocessors a layer: 64 layers with PCK_EMULATOR_DEVICE=h100, 4 on the small device that tests have else.</summary>
    [EmulatorTheory]
    [InlineData(CudaMath.Exact)]
    [InlineData(CudaMath.Tf32)]
    public void A_net_that_fills_the_device_gives_the_waves_results(CudaMath math)
    {
        const int width = 256, batch = 32;
        int layers = Math.Min(64, CudaDevice.Emulated().Limits.Multiprocessors / 2);
        Graph graph = Net(string.Join('-', Enumerable.Repeat(width, layers + 1)));
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = 2, Gamma = 0.1, Start = ValueStart.Random }, Optimizer = new Sgd(0.01) };
        Model model = RandomNet.Parameterise(graph, 5);
        Dictionary<string, Tensor> samples = RandomNet.Batch(graph, batch, 1);
        Emulator.SetChecks("fatal");
        using var resident = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Resident, math));
        Emulator.Clear();
        resident.Step(samples);
        Assert.Contains($"{Kernel(math)}_b32", Emulator.Sums, StringComparison.Ordinal);
        Emulator.SetChecks("off");
        using var waves = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Waves, math));
        waves.Step(samples);
        Compare.Near(Compare.Results(resident), Compare.Results(waves), Tolerance(math), $"{layers} layers");
    }

    /// <summary>Against f64, and against the kernel that does not round: what rounding to tf32 costs, and that something is rounded.</summary>
    [EmulatorTheory]
    [InlineData("40-70-33-10", 20, 3)]
    [InlineData("64-256-130-10", 32, 8)]
    public void Rounded_results_are_the_exact_ones_within_what_tf32_allows(string net, int batch, int steps)
    {
        Graph graph = Net(net);
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = steps, Gamma = 0.1, Start = ValueStart.Random }, Optimizer = new Sgd(0.05), Seed = 3 };
        Model model = RandomNet.Parameterise(graph, 5);
        Emulator.SetChecks("fatal");
        using var cpu = new Trainer(model, options with { DType = DType.F64 }, new Execution.CpuDevice(1));
        using var exact = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Resident));
        using var rounded = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Resident, CudaMath.Tf32));
        foreach (int seed in new[] { 1, 2 })
            foreach (Trainer trainer in new[] { cpu, exact, rounded }) trainer.Step(RandomNet.Batch(graph, batch, seed));
        Compare.Near(Compare.Results(rounded), Compare.Results(cpu), FromExact, "f64");
        Compare.Near(Compare.Results(rounded), Compare.Results(exact), FromExact, "f32");
        Assert.ThrowsAny<Exception>(() => Compare.Near(Compare.Results(rounded), Compare.Results(exact), Tolerance(CudaMath.Exact), "nothing rounded"));
    }

    /// <summary>The operands of a first step are the same bits, so they round the same way: what is left are float32 sums in another order, and few errors whose last bits tip their rounding.</summary>
    [EmulatorTheory]
    [InlineData("20-140-33-130-7", 11)]
    [InlineData("64-256-128-10", 32)]
    [InlineData("48-100-17", 8)]
    public void A_first_step_rounds_as_waves_do(string net, int batch)
    {
        Graph graph = Net(net);
        var options = new TrainingOptions
        {
            Rule = new IncrementalPredictiveCoding { Steps = 1, Gamma = 0.1, Start = ValueStart.Random },
            Optimizer = new Sgd(0.05),
            KeepGradients = true,
            FinalErrors = true,
            Plain = true,
            Seed = 3,
        };
        Model model = RandomNet.Parameterise(graph, 5);
        Emulator.SetChecks("fatal");
        using var waves = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Waves, CudaMath.Tf32));
        using var resident = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Resident, CudaMath.Tf32));
        foreach (Trainer trainer in new[] { waves, resident }) trainer.Step(RandomNet.Batch(graph, batch, 1));
        Compare.Near(Compare.Results(resident), Compare.Results(waves), FirstStep, "first step");
    }

    /// <summary>Weights that run over, to infinity and then to NaN, are not rounded away.</summary>
    [EmulatorTheory]
    [InlineData(CudaMath.Exact)]
    [InlineData(CudaMath.Tf32)]
    public void A_run_that_diverges_is_stopped(CudaMath math)
    {
        Graph graph = Net("20-33-7");
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = 4, Gamma = 0.1, Start = ValueStart.Random }, Optimizer = new Sgd(1e38) };
        using var trainer = new Trainer(RandomNet.Parameterise(graph, 5), options, CudaDevice.Emulated(CudaExecution.Resident, math));
        Assert.Contains("step", Assert.Throws<RunException>(() => trainer.Step(RandomNet.Batch(graph, 8, 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Products_in_bf16_are_refused_by_name()
    {
        using var trainer = new Trainer(new Model(Net("6-9-4")), new TrainingOptions { Rule = Rules["ipc"], Optimizer = new Sgd(0.1) }, new Execution.CpuDevice(1));
        CudaExecutionVerdict verdict = CudaExecutionPlan.Of(trainer.Plan(5), DType.F32, CudaLimits.H100, math: CudaMath.Bf16).Verdicts[0];
        Assert.False(verdict.IsPossible);
        Assert.Contains("not to bf16", verdict.Reason, StringComparison.Ordinal);
    }

    private const double TensorUnit = 1.0 / 2048; // u, half a unit of the mantissa

    // As TensorProductTests: an error is a difference of two values ten times its size, and steps add up: 30 u for each operand.
    private const double FromExact = 30 * 2 * TensorUnit;
    private const double FirstStep = TensorUnit / 5;

    /// <summary>
    /// Between the resident kernel and waves. Both sums are f32; chains of up to 150 terms are added in another order, and after some steps an error is a
    /// difference of two values ten times its size. In tf32 a last bit that differs may round a weight or an error the other way, by 2 u of its size, and the dual form of waves
    /// rounds other operands: as far from one another as each may be from what is exact.
    /// </summary>
    internal static double Tolerance(CudaMath math) => math == CudaMath.Exact ? 2e-5 : FromExact;

    private static double EnergyTolerance(CudaMath math) => math == CudaMath.Exact ? 1e-5 : 4 * TensorUnit;

    private static string Kernel(CudaMath math) => math == CudaMath.Exact ? "pck_resident_f32" : "pck_resident_tf32";

    private static string Refusal(Likelihood likelihood, int units, Optimizer optimizer, double? clip = null, int batch = 5)
    {
        var options = new TrainingOptions { Rule = Rules["ipc from random values"], Optimizer = optimizer, ClipNorm = clip };
        using var trainer = new Trainer(new Model(Net($"6-9-{units}", likelihood)), options, new Execution.CpuDevice(1));
        CudaExecutionVerdict verdict = CudaExecutionPlan.Of(trainer.Plan(batch), DType.F32, CudaLimits.H100).Verdicts[0];
        Assert.False(verdict.IsPossible);
        return verdict.Reason;
    }

    /// <summary>Layers of the widths given, tanh between them.</summary>
    internal static Graph Net(string widths, Likelihood likelihood = Likelihood.Gaussian)
    {
        int[] numbers = [.. widths.Split('-').Select(int.Parse)];
        var builder = new GraphBuilder("chain");
        string below = "x";
        builder.Input(below, [numbers[0]]);
        for (int i = 1; i < numbers.Length; i++)
        {
            bool isLast = i == numbers.Length - 1;
            string name = isLast ? "y" : $"h{i}";
            builder.Add(name, new LinearOp(numbers[i], Activation: isLast ? Activation.Identity : Activation.Tanh), [below]);
            below = name;
        }
        return builder.Output("y", likelihood).Build();
    }

    // Values that are kept go on with the same batch.
    private static int SeedOf(string rule, int batch) => rule.Contains("last", StringComparison.Ordinal) ? 1 : batch;

    // What the emulator has counted is the resident step's.
    private void StepBoth(Trainer waves, Trainer resident, Dictionary<string, Tensor> samples, CudaMath math, string what)
    {
        waves.Step(samples);
        Emulator.Clear();
        resident.Step(samples);
        Assert.Contains(Kernel(math), Emulator.Sums, StringComparison.Ordinal);
        Compare.Near(Compare.Results(resident), Compare.Results(waves), Tolerance(math), what);
    }

    private static int LaunchesIn(string sums) => JsonDocument.Parse(sums).RootElement.GetProperty("kernels_in_graphs").GetInt32();

    private long BytesMoved(string net, int batch, int steps, CudaMath math, Optimizer optimizer)
    {
        Graph graph = Net(net);
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = steps, Start = ValueStart.Random }, Optimizer = optimizer };
        using var trainer = new Trainer(new Model(graph), options, CudaDevice.Emulated(CudaExecution.Resident, math));
        Emulator.Clear();
        trainer.Step(RandomNet.Batch(graph, batch, 1));
        JsonElement kernel = JsonDocument.Parse(Emulator.Sums).RootElement.GetProperty("kernels").EnumerateObject().Single(k => k.Name.Contains("resident", StringComparison.Ordinal)).Value;
        return kernel.GetProperty("counters").GetProperty("global").GetProperty("bytes").GetInt64();
    }
}
