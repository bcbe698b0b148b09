using System.Text;
using System.Text.RegularExpressions;
using PcKernels.Cuda.Interop.Nvrtc;
using PcKernels.Cuda.Kernels;
using PcKernels.Cuda.Resident;
using PcKernels.Cuda.Tests.Devices;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Cuda.Tests.Targets;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Kernels;

/// <summary>The resident kernel as NVRTC makes it for one program, beside the one that ships.</summary>
public sealed class SpecialisedResidentTests : EmulatorTests
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pck-kernels-");

    private static readonly Rule s_ipc = new IncrementalPredictiveCoding { Steps = 4, Gamma = 0.1 };

    /// <summary>Programs that differ in everything that a kernel may know of one.</summary>
    private static Dictionary<string, Case> Cases { get; } = new()
    {
        ["plain"] = new(ResidentTests.Net("20-64-33-7"), 5, s_ipc, new Sgd(0.05, weightDecay: 0.1)),
        ["wide, more samples"] = new(ResidentTests.Net("20-140-33-130-7"), 20, s_ipc, new Sgd(0.05), Keeps: true),
        ["momentum, random start"] = new(ResidentTests.Net("70-33-7"), 11, new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1, Start = ValueStart.Random }, new Sgd(0.05, momentum: 0.9)),
        ["adam, categorical"] = new(ResidentTests.Net("20-33-7", Likelihood.Categorical), 8, new PredictiveCoding { Steps = 5, Gamma = 0.1 }, new Adam(0.01, epsilon: 1e-2)),
        ["adamw, all activations"] = new(AllActivations(), 5, s_ipc, new AdamW(0.01, weightDecay: 0.5, epsilon: 1e-2), Keeps: true),
        ["rounded"] = new(ResidentTests.Net("20-140-33-7"), 9, s_ipc, new Sgd(0.05), CudaMath.Tf32),
        ["rounded, nesterov, narrow"] = new(ResidentTests.Net("6-9-7-4", Likelihood.Categorical), 17, s_ipc, new Sgd(0.05, momentum: 0.8, nesterov: true), CudaMath.Tf32, Keeps: true),
    };

    public static TheoryData<string> Names() => [.. Cases.Keys];

    [NvrtcTheory]
    [MemberData(nameof(Names))]
    public void It_gives_the_bits_of_the_one_that_ships(string name)
    {
        Case one = Cases[name];
        Emulator.SetChecks("fatal");
        Environment.SetEnvironmentVariable(KernelCache.Variable, _folder.FullName);
        try
        {
            using Trainer shipped = Trainer(one, CudaKernels.Ptx), made = Trainer(one, CudaKernels.Nvrtc);
            for (int i = 0; i < 2; i++)
            {
                Dictionary<string, Tensor> batch = RandomNet.Batch(one.Graph, one.Batch, 3 + i);
                shipped.Step(batch);
                made.Step(batch);
                Assert.Equal("[]", Emulator.Findings);
                Compare.Same(Compare.Results(made), Compare.Results(shipped), $"batch {i}");
            }
            Assert.Equal(name.Contains("random", StringComparison.Ordinal) ? 2 : 1, _folder.GetFiles().Length);
        }
        finally
        {
            Environment.SetEnvironmentVariable(KernelCache.Variable, null);
        }
    }

    [NvrtcFact]
    public void Programs_of_one_trainer_have_kernels_of_their_own()
    {
        Case one = Cases["plain"];
        Environment.SetEnvironmentVariable(KernelCache.Variable, _folder.FullName);
        try
        {
            using Trainer shipped = Trainer(one, CudaKernels.Ptx), made = Trainer(one, CudaKernels.Nvrtc);
            // Five and six samples are one kernel's, and nothing else is compiled.
            foreach ((int samples, int kept) in new[] { (5, 1), (6, 1), (12, 2), (5, 2) })
            {
                Dictionary<string, Tensor> batch = RandomNet.Batch(one.Graph, samples, samples);
                shipped.Step(batch);
                made.Step(batch);
                Compare.Same(Compare.Results(made), Compare.Results(shipped), $"{samples} samples");
                Assert.Equal(kept, _folder.GetFiles().Length);
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable(KernelCache.Variable, null);
        }
    }

    [NvrtcFact]
    public void What_the_program_does_not_have_is_not_in_it()
    {
        string plain = Ptx(Cases["plain"]), adam = Ptx(Cases["adam, categorical"]), all = Ptx(Cases["adamw, all activations"]);
        foreach (string text in new[] { plain, adam, all }) Assert.Equal([".entry pck_resident_f32_b8("], Regex.Matches(text, @"\.entry \w+\(").Select(static m => m.Value));
        // Square roots are Adam's.
        Assert.DoesNotContain("sqrt", plain, StringComparison.Ordinal);
        Assert.Contains("sqrt", adam, StringComparison.Ordinal);
        Assert.True(plain.Length < adam.Length && adam.Length < all.Length, $"{plain.Length}, {adam.Length}, {all.Length} characters");
    }

    /// <summary>Those that the table of kernels measures (.ci/kernel_table.py).</summary>
    [Fact]
    public void What_it_is_told_is_read_off_the_program()
    {
        Case one = new(ResidentTests.Net("256-256-256-256"), 30, s_ipc, new Sgd(0.05));
        string[] expected =
        [
            "PCK_RESIDENT_SAMPLES=32", "PCK_RESIDENT_WIDTH=256", "PCK_RESIDENT_WORK=31", "PCK_RESIDENT_ACTIVATIONS=3",
            "PCK_RESIDENT_OPTIMIZER=1", "PCK_RESIDENT_CATEGORICAL=0", "PCK_RESIDENT_MEAN_START=1",
        ];
        Assert.Equal(expected, Definitions(one));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Delete(recursive: true);
    }

    private static Graph AllActivations()
    {
        var builder = new GraphBuilder("all");
        builder.Input("x", [12]);
        string below = "x";
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            string name = activation == Activation.Silu ? "y" : $"h{(int)activation}";
            builder.Add(name, new LinearOp(10, Activation: activation), [below]);
            below = name;
        }
        return builder.Output("y").Build();
    }

    private static Trainer Trainer(Case one, CudaKernels kernels) =>
        new(RandomNet.Parameterise(one.Graph, 5), one.Options, CudaDevice.Emulated(CudaExecution.Resident, one.Math).WithKernels(kernels));

    private static string[] Definitions(Case one)
    {
        using var trainer = new Trainer(RandomNet.Parameterise(one.Graph, 5), one.Options);
        Program program = trainer.Plan(one.Batch);
        return ResidentSpecialisation.Of(program, ResidentSchedule.Of(program).Schedule!).Definitions;
    }

    private static string Ptx(Case one) =>
        Encoding.ASCII.GetString(NvrtcCompiler.Compile(KernelSource.Of("resident_f32"), [.. NvrtcCompiler.Options("compute_80"), .. Definitions(one).Select(static d => $"-D{d}")]));

    private sealed record Case(Graph Graph, int Batch, Rule Rule, Optimizer Optimizer, CudaMath Math = CudaMath.Exact, bool Keeps = false)
    {
        public TrainingOptions Options => new() { Rule = Rule, Optimizer = Optimizer, KeepGradients = Keeps, FinalErrors = Keeps, Seed = 3 };
    }
}
