using PcKernels.Cuda.Tests.Interop;
using PcKernels.Cuda.Waves;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>Which products are left to cuBLAS, and what is told of it; the suites hold their results.</summary>
public sealed class LibraryTaskTests : EmulatorTests
{
    private const int Batch = 20;

    private static readonly TrainingOptions s_options = new() { Rule = new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Start = ValueStart.Random }, Optimizer = new Sgd(0.01) };

    [Fact]
    public void Only_products_from_the_threshold_on_are_taken()
    {
        Program program = Planned("30-200-100-7");
        // h1 has 20 x 30 x 200 multiply-adds, h2 20 x 200 x 100, y 20 x 100 x 7.
        Assert.Equal(["Predict 20x100x200", "Settle 20x200x100", "Learn 100x200x20"], Taken(program, 20 * 200 * 100));
        Assert.Empty(Taken(program, 20 * 200 * 100 + 1));
        Assert.Equal(3 + 2, Taken(program, 20 * 30 * 200).Length);
        Assert.Equal(3 + 2 + 3, Taken(program, 1).Length);
    }

    [Fact]
    public void The_plan_says_what_is_taken_and_why_only_waves_run_so()
    {
        Program program = Planned("30-200-100-7");
        var plan = CudaExecutionPlan.Of(program, DType.F32, CudaLimits.H100, cublasFrom: 400_000);
        Assert.Equal(CudaExecution.Waves, plan.Execution);
        Assert.All(plan.Verdicts.Take(2), static v => Assert.Equal("products by cuBLAS are launches of their own", v.Reason));
        Assert.Contains("products, those of 400,000 multiply-adds and more, each a launch", plan.Verdicts[2].Reason, StringComparison.Ordinal);
        var own = CudaExecutionPlan.Of(program, DType.F32, CudaLimits.H100, CudaExecution.Waves);
        Assert.True(plan.Verdicts[2].Launches > own.Verdicts[0].Launches);
        var small = CudaExecutionPlan.Of(program, DType.F32, CudaLimits.H100, cublasFrom: CudaDevice.LargeProduct);
        Assert.Equal(CudaExecution.Resident, small.Execution);
        Assert.Contains("no product has the 134,217,728 multiply-adds from which cuBLAS takes it", small.Verdicts[2].Reason, StringComparison.Ordinal);
    }

    [EmulatorFact]
    public void A_program_runs_by_both_and_its_rounding_is_asked_for()
    {
        Graph graph = ResidentTests.Net("30-200-100-7");
        Dictionary<string, Tensor> samples = RandomNet.Batch(graph, Batch, 1);
        Dictionary<string, double[]> Run(CudaDevice device)
        {
            using var trainer = new Trainer(RandomNet.Parameterise(graph, 5), s_options, device);
            trainer.Step(samples);
            return Compare.Results(trainer);
        }
        CudaDevice waves = CudaDevice.Emulated(CudaExecution.Waves);
        Dictionary<string, double[]> own = Run(waves), all = Run(waves.WithCublas(1)), large = Run(waves.WithCublas(400_000));
        Compare.Near(all, own, 1e-5, "all products by cuBLAS");
        Compare.Near(large, own, 1e-5, "the large ones");
        // Rounded to eleven bits: far from exact, near to our own rounding.
        Dictionary<string, double[]> rounded = Run(waves.WithMath(CudaMath.Tf32).WithCublas(1));
        Compare.Near(rounded, Run(waves.WithMath(CudaMath.Tf32)), 1e-3, "tf32");
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Compare.Near(rounded, own, 1e-5, "tf32 is rounded"));
    }

    [EmulatorFact]
    public void A_wave_of_library_products_alone_is_done()
    {
        // Clipped gradients without biases leave nothing else to a wave.
        Graph graph = new GraphBuilder("bare").Input("x", [9]).Add("h", new LinearOp(7, Bias: false), ["x"]).Add("y", new LinearOp(5, Bias: false), ["h"]).Output("y").Build();
        TrainingOptions options = s_options with { Rule = new Backpropagation(), ClipNorm = 0.01, KeepGradients = true, Plain = true };
        Dictionary<string, double[]> Run(Execution.Device device)
        {
            using var trainer = new Trainer(RandomNet.Parameterise(graph, 5), options, device);
            trainer.Step(RandomNet.Batch(graph, Batch, 1));
            return Compare.Results(trainer);
        }
        Compare.Near(Run(CudaDevice.Emulated(CudaExecution.Waves).WithCublas(1)), Run(new Execution.CpuDevice(1)), 1e-5, "all products by cuBLAS");
    }

    private static Program Planned(string widths)
    {
        using var trainer = new Trainer(new Model(ResidentTests.Net(widths)), s_options, new Execution.CpuDevice(1));
        return trainer.Plan(Batch);
    }

    private static string[] Taken(Program program, long from)
    {
        var table = new WaveTable(program, static b => b is null ? default : new DeviceView(1, b.Stride, b.Columns), static _ => 1, new TileChoice(132, true), sizeof(float), from);
        return [.. table.Products.Select(static p => $"{p.Kind} {p.M}x{p.N}x{p.K}").Distinct()];
    }
}
