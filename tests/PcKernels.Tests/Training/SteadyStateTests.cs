using PcKernels.Execution;
using PcKernels.Execution.Cpu;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Training;

/// <summary>Tests that measure memory run alone: every allocation of the process counts.</summary>
[CollectionDefinition(nameof(SteadyStateTests), DisableParallelization = true)]
public sealed class SteadyStateGroup;

/// <summary>After its first epoch a trainer allocates nothing, whatever the rule, also for the smaller last batch.</summary>
[Collection(nameof(SteadyStateTests))]
public sealed class SteadyStateTests
{
    private const int Batch = 16, LastBatch = 5, WarmUp = 200, Measured = 200;
    // A leaked program of this size would be 100 times 100 kB.
    private const long MostManaged = 64 << 10, MostResident = 8 << 20;

    public static TheoryData<Rule, int> RulesAndThreads
    {
        get
        {
            var data = new TheoryData<Rule, int>();
            foreach (int threads in new[] { 1, 2 })
                foreach (Rule rule in Rules) data.Add(rule, threads);
            return data;
        }
    }

    private static Rule[] Rules =>
    [
        new Backpropagation(), new PredictiveCoding { Steps = 4 }, new PredictiveCoding { Steps = 4, UpdateEvery = 2, Discount = 0.5, ValueMomentum = 0.5 },
        new PredictiveCoding { Steps = 4, Start = ValueStart.Random }, new IncrementalPredictiveCoding { Steps = 4 },
        new IncrementalPredictiveCoding { Steps = 3, Order = UpdateOrder.ValuesFirst }, new ZeroDivergence(), new FixedPrediction { Steps = 3 },
    ];

    [Theory]
    [MemberData(nameof(RulesAndThreads))]
    public void A_step_allocates_nothing(Rule rule, int threads)
    {
        Model model = Model.Mlp(20, [24, 16], 10, likelihood: Likelihood.Categorical);
        var options = new TrainingOptions { Rule = rule, Optimizer = new AdamW(1e-4), ClipNorm = 1, Schedule = LearningRateSchedule.Cosine(10), TotalBatches = 10_000 };
        using var trainer = new Trainer(model, options, new CpuDevice(threads));
        var inputs = new float[Batch * 20];
        var targets = new float[Batch * 10];
        var predictions = new float[Batch * 10];
        for (int i = 0; i < inputs.Length; i++) inputs[i] = i % 7 * 0.1f;
        for (int b = 0; b < Batch; b++) targets[b * 10 + b % 10] = 1;
        var samples = new Samples(inputs, targets);
        void Epoch(int batches)
        {
            for (int i = 0; i < batches; i++) trainer.Step(inputs, targets, Batch);
            trainer.Step(inputs.AsSpan(0, LastBatch * 20), targets.AsSpan(0, LastBatch * 10), LastBatch);
            trainer.Predict(inputs, Batch, predictions);
            for (int i = 0; i < batches; i++) trainer.Step(samples);
            trainer.Predict(samples, predictions);
        }
        Epoch(WarmUp);
        var meter = new AllocationMeter(((CpuSession<float>)trainer.Session).Pool);
        long[] none = new long[threads], spent = none;
        // Where threads first meet at a lock it makes its event, once.
        for (int attempt = 0; attempt < 3; attempt++)
        {
            meter.Start();
            Epoch(Measured);
            if ((spent = meter.Stop()).SequenceEqual(none)) break;
        }
        Assert.Equal(none, spent);
    }

    [Fact]
    public void Memory_stays_constant_over_epochs()
    {
        Model model = Model.Mlp(64, [64], 10);
        using var trainer = new Trainer(model, new TrainingOptions(), new CpuDevice(2));
        var inputs = new float[Batch * 64];
        var targets = new float[Batch * 10];
        void Epoch()
        {
            for (int i = 0; i < 50; i++) trainer.Step(inputs, targets, Batch);
            trainer.Step(inputs.AsSpan(0, LastBatch * 64), targets.AsSpan(0, LastBatch * 10), LastBatch);
        }
        for (int i = 0; i < 20; i++) Epoch();
        (long Managed, long Resident) grown = default;
        // What leaks does so every time; the runtime compiling, or pages that the system had taken and gives back, do not.
        for (int attempt = 0; attempt < 3; attempt++)
        {
            long managed = GC.GetTotalMemory(forceFullCollection: true), resident = Environment.WorkingSet;
            for (int i = 0; i < 100; i++) Epoch();
            grown = (GC.GetTotalMemory(forceFullCollection: true) - managed, Environment.WorkingSet - resident);
            if (grown is { Managed: <= MostManaged, Resident: <= MostResident }) break;
        }
        Assert.InRange(grown.Managed, long.MinValue, MostManaged);
        Assert.InRange(grown.Resident, long.MinValue, MostResident);
    }

    private sealed class Samples(float[] inputs, float[] targets) : ISampleBatch
    {
        public int Count => Batch;

        public void CopyInput(int sample, Span<float> to) => inputs.AsSpan(sample * to.Length, to.Length).CopyTo(to);

        public void CopyTarget(int sample, Span<float> to) => targets.AsSpan(sample * to.Length, to.Length).CopyTo(to);
    }

    /// <summary>What each worker of a pool has allocated: the process as a whole has timers and compilation in the background, which are no step's.</summary>
    private sealed class AllocationMeter(WorkerPool pool) : IParallelWork
    {
        private readonly long[] _allocated = new long[pool.Threads];
        private int _sign;

        public void Start()
        {
            _sign = -1;
            Array.Clear(_allocated);
            pool.Run(this);
        }

        public long[] Stop()
        {
            _sign = 1;
            pool.Run(this);
            return [.. _allocated];
        }

        public void Execute(int worker) => _allocated[worker] += _sign * GC.GetAllocatedBytesForCurrentThread();
    }
}
