using PcKernels.Cuda.Tests.Interop;
using PcKernels.Cuda.Tests.Targets;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>The resident kernels against waves whose products round alike, on the same device, and themselves twice.</summary>
[Collection(nameof(OneEmulator))]
public abstract class ResidentSuite : IDisposable
{
    private readonly TestDevice _device;

    private protected ResidentSuite() => _device = TestDevice.Of(GetType());

    [DeviceTheory]
    [InlineData(CudaMath.Exact, "6-9-7-4", 5)]
    [InlineData(CudaMath.Exact, "20-140-33-130-7", 11)]
    [InlineData(CudaMath.Exact, "16-48-16", 32)]
    [InlineData(CudaMath.Exact, "256-256-256", 8)]
    [InlineData(CudaMath.Tf32, "6-9-7-4", 5)]
    [InlineData(CudaMath.Tf32, "20-140-33-130-7", 11)]
    [InlineData(CudaMath.Tf32, "16-48-16", 32)]
    [InlineData(CudaMath.Tf32, "256-256-256", 8)]
    public void Results_are_those_of_waves(CudaMath math, string net, int batch) => Compared(ResidentTests.Net(net), batch, steps: 5, math);

    [DeviceTheory]
    [InlineData(CudaMath.Exact, "momentum")]
    [InlineData(CudaMath.Exact, "adamw")]
    [InlineData(CudaMath.Tf32, "nesterov, decay")]
    [InlineData(CudaMath.Tf32, "adam")]
    public void Optimisers_with_moments_give_the_waves_results(CudaMath math, string optimizer) =>
        Compared(ResidentTests.Net("20-140-33-7"), 11, steps: 5, math, ResidentTests.WithMoments[optimizer]);

    /// <summary>Two multiprocessors a layer: on an H100 the 64 layers of 256 units that the kernel is made for.</summary>
    [DeviceTheory]
    [InlineData(CudaMath.Exact)]
    [InlineData(CudaMath.Tf32)]
    public void A_net_that_fills_the_device_gives_the_waves_results(CudaMath math)
    {
        int layers = Math.Min(64, _device.Run(CudaExecution.Resident).Info.Multiprocessors / 2);
        Compared(ResidentTests.Net(string.Join('-', Enumerable.Repeat(256, layers + 1))), 32, steps: 2, math);
    }

    [DeviceTheory]
    [InlineData(CudaMath.Exact)]
    [InlineData(CudaMath.Tf32)]
    public void Two_runs_have_the_same_bits(CudaMath math)
    {
        Graph graph = ResidentTests.Net("20-140-33-7");
        Dictionary<string, double[]>[] results = [.. new[] { 0, 1 }.Select(seed =>
        {
            _device.Shuffle(seed);
            using var trainer = new Trainer(RandomNet.Parameterise(graph, 1), Options(6), _device.Run(CudaExecution.Resident, math));
            for (int i = 0; i < 3; i++) trainer.Step(RandomNet.Batch(graph, 9, i));
            return Compare.Results(trainer);
        })];
        Compare.Same(results[1], results[0], "second run");
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => _device.Dispose();

    private static TrainingOptions Options(int steps, Optimizer? optimizer = null) =>
        new() { Rule = new IncrementalPredictiveCoding { Steps = steps, Gamma = 0.1, Start = ValueStart.Random }, Optimizer = optimizer ?? new Sgd(0.01), Seed = 3 };

    private void Compared(Graph graph, int batch, int steps, CudaMath math, Optimizer? optimizer = null)
    {
        _device.CheckAll();
        Model model = RandomNet.Parameterise(graph, 5);
        using var waves = new Trainer(model, Options(steps, optimizer), _device.Run(CudaExecution.Waves, math));
        using var resident = new Trainer(model, Options(steps, optimizer), _device.Run(CudaExecution.Resident, math));
        for (int i = 0; i < 2; i++)
        {
            Dictionary<string, Tensor> samples = RandomNet.Batch(graph, batch, i);
            waves.Step(samples);
            resident.Step(samples);
            Compare.Near(Compare.Results(resident), Compare.Results(waves), ResidentTests.Tolerance(math), $"batch {i}");
        }
    }
}

[On(TestTarget.Emulator)]
public sealed class EmulatorResidentTests : ResidentSuite;

[On(TestTarget.Cuda)]
public sealed class CudaResidentTests : ResidentSuite;
