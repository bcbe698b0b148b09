using System.Text.Json;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>What the driver is asked to do for a batch.</summary>
public sealed class LaunchCountTests : EmulatorTests
{
    [EmulatorTheory]
    [InlineData(UpdateOrder.Simultaneous, 10, 2)]
    [InlineData(UpdateOrder.ValuesFirst, 10, 3)]
    // Rows wider than a tile: the last of their tiles takes the softmax, not a launch of its own.
    [InlineData(UpdateOrder.Simultaneous, 150, 2)]
    [InlineData(UpdateOrder.ValuesFirst, 150, 3)]
    public void A_step_of_ipc_takes_no_more_launches_however_deep_the_net(UpdateOrder order, int classes, int most)
    {
        int[] perStep = [.. new[] { 2, 4, 9 }.Select(layers => Launches(order, classes, layers, 12, CudaExecution.Waves) - Launches(order, classes, layers, 11, CudaExecution.Waves))];
        Assert.All(perStep, n => Assert.InRange(n, 1, most));
        Assert.Single(perStep.Distinct());
    }

    [EmulatorTheory]
    [InlineData(UpdateOrder.Simultaneous, 10)]
    [InlineData(UpdateOrder.ValuesFirst, 150)]
    public void The_cooperative_loop_is_one_launch_a_batch(UpdateOrder order, int classes) =>
        Assert.All(new[] { 2, 9 }, layers => Assert.Equal(1, Launches(order, classes, layers, 12, CudaExecution.Cooperative)));

    // Predict, send errors down, settle, learn, move: a launch for each of the five waves.
    [EmulatorFact]
    public void A_step_of_ipc_on_convolutions_takes_as_many_launches_however_deep_the_net()
    {
        int[] perStep = [.. new[] { 2, 5 }.Select(layers => ConvolutionLaunches(layers, 12) - ConvolutionLaunches(layers, 11))];
        Assert.Equal([5, 5], perStep);
    }

    [EmulatorFact]
    public void Graphs_with_ops_run_by_waves_and_say_why()
    {
        using var trainer = new Trainer(new Model(Convolutions(2)), new TrainingOptions(), CudaDevice.Emulated());
        var plan = CudaExecutionPlan.Of(trainer.Plan(4), DType.F32, CudaLimits.H100);
        Assert.Equal(CudaExecution.Waves, plan.Execution);
        Assert.All(plan.Verdicts.Where(static v => v.Execution != CudaExecution.Waves), static v =>
        {
            Assert.False(v.IsPossible);
            Assert.Contains("'c1', conv2d", v.Reason, StringComparison.Ordinal);
        });
        Assert.Contains("--math tf32", Assert.Throws<InputException>(() => CudaExecutionPlan.Of(trainer.Plan(4), DType.F32, CudaLimits.H100, math: CudaMath.Tf32)).Message, StringComparison.Ordinal);
    }

    [EmulatorFact]
    public void A_batch_is_one_graph_and_one_wait()
    {
        using var trainer = new Trainer(new Model(Net(10, 3)), new TrainingOptions(), CudaDevice.Emulated());
        (float[] inputs, float[] targets) = (new float[8 * 12], new float[8 * 10]);
        trainer.Step(inputs, targets, 8);
        Emulator.Clear();
        trainer.Step(inputs, targets, 8);
        JsonElement sums = JsonDocument.Parse(Emulator.Sums).RootElement;
        Assert.Equal(0, sums.GetProperty("kernel_launches").GetInt32());
        Assert.Equal(1, sums.GetProperty("graph_launches").GetInt32());
    }

    [EmulatorFact]
    public void Samples_that_are_read_one_by_one_give_the_same_bits_and_allocate_nothing()
    {
        Emulator.Clear();
        Model model = new(Net(10, 2));
        using Trainer arrays = new(model, new TrainingOptions(), CudaDevice.Emulated()), read = new(model, new TrainingOptions(), CudaDevice.Emulated());
        var samples = new Samples(8, 12, 10);
        for (int i = 0; i < 3; i++) Assert.Equal(arrays.Step(samples.Inputs, samples.Targets, 8), read.Step(samples));
        long before = GC.GetAllocatedBytesForCurrentThread();
        read.Step(samples);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        arrays.Step(8);
        float[] expected = new float[80], predicted = new float[80];
        arrays.Predict(samples.Inputs, 8, expected);
        read.Predict(samples, predicted);
        Assert.Equal(expected, predicted);
    }

    [EmulatorFact]
    public void A_batch_allocates_nothing()
    {
        Emulator.Clear();
        using var trainer = new Trainer(new Model(Net(10, 2)), new TrainingOptions(), CudaDevice.Emulated());
        (float[] inputs, float[] targets) = (new float[8 * 12], new float[8 * 10]);
        for (int i = 0; i < 3; i++) trainer.Step(inputs, targets, 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        trainer.Step(inputs, targets, 8);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private sealed class Samples(int count, int inputs, int outputs) : ISampleBatch
    {
        public float[] Inputs { get; } = [.. Enumerable.Range(0, count * inputs).Select(static i => i % 11 / 11f)];

        public float[] Targets { get; } = [.. Enumerable.Range(0, count * outputs).Select(i => i % outputs == i / outputs ? 1f : 0f)];

        public int Count => count;

        public void CopyInput(int sample, Span<float> to) => Inputs.AsSpan(sample * inputs, inputs).CopyTo(to);

        public void CopyTarget(int sample, Span<float> to) => Targets.AsSpan(sample * outputs, outputs).CopyTo(to);
    }

    private static Graph Net(int classes, int layers)
    {
        var builder = new GraphBuilder("deep");
        builder.Input("x", [12]);
        for (int i = 1; i < layers; i++) builder.Add($"h{i}", new LinearOp(12, Activation: Activation.Tanh), [i == 1 ? "x" : $"h{i - 1}"]);
        return builder.Add("y", new LinearOp(classes), [$"h{layers - 1}"]).Output("y", Likelihood.Categorical).Build();
    }

    private static Graph Convolutions(int layers)
    {
        var builder = new GraphBuilder("convolutions");
        builder.Input("x", [2, 4, 4]);
        for (int i = 1; i <= layers; i++) builder.Add($"c{i}", new Conv2dOp(2, 3, Padding: 1, Activation: Activation.Tanh), [i == 1 ? "x" : $"c{i - 1}"]);
        return builder.Output($"c{layers}").Build();
    }

    private int ConvolutionLaunches(int layers, int steps)
    {
        Graph graph = Convolutions(layers);
        using var trainer = new Trainer(new Model(graph), new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = steps }, Optimizer = new Adam(1e-3) }, CudaDevice.Emulated());
        return LaunchesOf(trainer, graph);
    }

    private int Launches(UpdateOrder order, int classes, int layers, int steps, CudaExecution execution)
    {
        Graph graph = Net(classes, layers);
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = steps, Order = order }, Optimizer = new Adam(1e-3) };
        using var trainer = new Trainer(new Model(graph), options, CudaDevice.Emulated(execution));
        return LaunchesOf(trainer, graph);
    }

    private int LaunchesOf(Trainer trainer, Graph graph)
    {
        Emulator.Clear();
        trainer.Step(RandomNet.Batch(graph, 4, 1));
        return JsonDocument.Parse(Emulator.Sums).RootElement.GetProperty("kernels_in_graphs").GetInt32();
    }
}
