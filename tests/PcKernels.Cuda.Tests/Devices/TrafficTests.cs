using System.Text.Json;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>How well a step's loads and stores fill what the hardware moves at a time, by the emulator's counters.</summary>
public sealed class TrafficTests : EmulatorTests
{
    private const double Most = 1.1;

    [EmulatorTheory]
    [InlineData(DType.F32, 32, 256)]
    [InlineData(DType.F32, 8, 256)]
    [InlineData(DType.F32, 32, 1024)]
    [InlineData(DType.F32, 128, 512)]
    [InlineData(DType.F64, 32, 128)]
    [InlineData(DType.F32, 32, 256, CudaExecution.Cooperative)]
    [InlineData(DType.F32, 32, 256, CudaExecution.Resident)]
    [InlineData(DType.F32, 8, 256, CudaExecution.Resident)]
    [InlineData(DType.F32, 32, 256, CudaExecution.Resident, CudaMath.Tf32)]
    [InlineData(DType.F32, 16, 256, CudaExecution.Resident, CudaMath.Tf32)]
    [InlineData(DType.F32, 8, 256, CudaExecution.Resident, CudaMath.Tf32)]
    public void Sectors_and_wavefronts_are_near_the_ideal(DType dtype, int batch, int width, CudaExecution execution = CudaExecution.Waves, CudaMath math = CudaMath.Exact)
    {
        var builder = new GraphBuilder("deep");
        builder.Input("x", [width]);
        for (int i = 1; i <= 3; i++) builder.Add($"h{i}", new LinearOp(width, Activation: Activation.Tanh), [i == 1 ? "x" : $"h{i - 1}"]);
        Graph graph = builder.Output("h3").Build();
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = 3 }, Optimizer = new Sgd(1e-3), DType = dtype };
        using var trainer = new Trainer(new Model(graph), options, CudaDevice.Emulated(execution, math));
        Emulator.Clear();
        trainer.Step(RandomNet.Batch(graph, batch, 1));
        JsonElement counters = JsonDocument.Parse(Emulator.Sums).RootElement.GetProperty("kernels").EnumerateObject()
            .Single(k => execution != CudaExecution.Resident || k.Name.Contains("resident", StringComparison.Ordinal)).Value.GetProperty("counters");
        Check("global", "sectors");
        Check("shared", "wavefronts");

        void Check(string memory, string unit)
        {
            JsonElement counted = counters.GetProperty(memory);
            double ratio = counted.GetProperty(unit).GetDouble() / counted.GetProperty($"ideal_{unit}").GetDouble();
            Assert.True(ratio <= Most, $"{memory} {unit}: {ratio:f3} of the ideal, more than {Most}: {counted}; {Emulator.LastLaunch}");
        }
    }
}
