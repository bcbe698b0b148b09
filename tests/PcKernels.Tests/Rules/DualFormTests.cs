using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>The dual form is the direct one to rounding, and is taken only where it holds.</summary>
public sealed class DualFormTests
{
    private const int Cases = 120;
    private const int LargestNet = 7;
    private const double Tolerance = 1e-12;

    [Fact]
    public void Dual_and_direct_agree_over_several_batches()
    {
        int met = 0;
        Draw.Check(Cases, LargestNet, draw =>
        {
            Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = false, Roots = true, LearnedPrecisions = false, IsChain = draw.Pick("chain", true, false) });
            Model model = RandomNet.Parameterise(graph, draw.Seed);
            var options = new TrainingOptions
            {
                Rule = Rule(draw),
                Optimizer = new Sgd(0.01),
                DType = DType.F64,
                FinalErrors = draw.Pick("final", true, false),
                OutputVariance = draw.Pick("k", 1, 1, 3),
                Dual = DualForm.Always,
            };
            Dictionary<string, Tensor>[] batches = Runs.Batches(draw, graph);
            using (var trainer = new Trainer(model, options)) met += trainer.Plan(2).Tasks().Any(static t => t.Task is DualForwardTask) ? 1 : 0;
            Dictionary<string, double[]>[] dual = Runs.Of(model, options, batches, draw.Pick("threads", 1, 2));
            Dictionary<string, double[]>[] direct = Runs.Of(model, options with { Dual = DualForm.Never }, batches);
            for (int i = 0; i < batches.Length; i++) Compare.Near(dual[i], direct[i], Tolerance, $"batch {i}, {options}");
        });
        Assert.True(met > Cases / 4, $"only {met} of {Cases} programs hold a dual prediction");
    }

    [Fact]
    public void A_wide_clamped_input_is_taken_by_itself_and_threads_change_no_bit()
    {
        Model model = Model.Mlp(200, [32, 32], 4, seed: 3);
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = 8, Gamma = 0.1 }, Optimizer = new Sgd(0.01), DType = DType.F32 };
        Dictionary<string, Tensor>[] batches = [.. Enumerable.Range(0, 3).Select(i => RandomNet.Batch(model.Graph, 8, i))];
        using (var trainer = new Trainer(model, options))
        {
            PlanTask[] tasks = [.. trainer.Plan(8).Tasks().Select(static t => t.Task)];
            Assert.Single(tasks.OfType<GramTask>());
            Assert.All(tasks.OfType<DualForwardTask>(), static t => Assert.Equal("h1", t.Node.Name));
            Assert.NotEmpty(tasks.OfType<DualForwardTask>());
        }
        Dictionary<string, double[]>[] one = Runs.Of(model, options, batches, threads: 1), two = Runs.Of(model, options, batches, threads: 2);
        for (int i = 0; i < one.Length; i++) Compare.Same(two[i], one[i], $"batch {i}");
    }

    public static TheoryData<string, TrainingOptions> WhatForbidsIt => new()
    {
        { "plain", Base with { Plain = true } },
        { "never", Base with { Dual = DualForm.Never } },
        { "gradients are kept", Base with { KeepGradients = true } },
        { "clipping", Base with { ClipNorm = 1 } },
        { "momentum", Base with { Optimizer = new Sgd(0.1, momentum: 0.5) } },
        { "decay", Base with { Optimizer = new Sgd(0.1, weightDecay: 0.1) } },
        { "adam", Base with { Optimizer = new Adam(0.1) } },
        { "one move", Base with { Rule = new PredictiveCoding { Steps = 8 } } },
        { "bp", Base with { Rule = new Backpropagation() } },
        { "zil", Base with { Rule = new ZeroDivergence() } },
    };

    private static TrainingOptions Base => new() { Rule = new IncrementalPredictiveCoding { Steps = 8 }, Optimizer = new Sgd(0.1), Dual = DualForm.Always };

    [Theory]
    [MemberData(nameof(WhatForbidsIt))]
    public void It_is_not_taken_where_it_does_not_hold(string why, TrainingOptions options)
    {
        using var trainer = new Trainer(Model.Mlp(200, [32], 4), options);
        Assert.False(trainer.Plan(8).Tasks().Any(static t => t.Task is DualForwardTask or GatherDeltaTask or GramTask), why);
    }

    [Fact]
    public void A_device_that_does_not_know_it_gets_none()
    {
        using var trainer = new Trainer(Model.Mlp(200, [32], 4), Base, new WithoutDualForm());
        Assert.DoesNotContain(trainer.Plan(8).Tasks(), static t => t.Task is DualForwardTask);
    }

    private static Rule Rule(Draw draw)
    {
        ValueStart start = draw.Pick("start", ValueStart.Feedforward, ValueStart.Feedforward, ValueStart.Random);
        if (draw.Pick("pc", true, false)) return new PredictiveCoding { Steps = 6, Gamma = 0.1, UpdateEvery = draw.Pick("k", 1, 2, 3), Start = start };
        return new IncrementalPredictiveCoding
        {
            Steps = draw.Pick("T", 2, 5, 9),
            Gamma = 0.1,
            Order = draw.Pick("order", UpdateOrder.Simultaneous, UpdateOrder.ValuesFirst),
            ValueMomentum = draw.Pick("m", 0, 0.5),
            Start = start,
        };
    }

    private sealed class WithoutDualForm : Device
    {
        private readonly CpuDevice _cpu = new(1);

        public override string Name => "other";

        public override string Description => "other";

        public override DeviceSession Open(ParameterLayout layout, DType dtype) => _cpu.Open(layout, dtype);
    }
}
