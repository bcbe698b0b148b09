using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Kernels;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Cuda.Tests.Targets;
using PcKernels.Cuda.Waves;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Kernels;

public sealed class KernelLoaderTests : EmulatorTests
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pck-kernels-");

    [EmulatorFact]
    public void By_itself_the_emulator_takes_ptx()
    {
        using CudaModule module = Loader(CudaKernels.Auto).Load(Context, "wave_f32");
        Assert.Equal("wave_f32.ptx", module.Name);
        Assert.Empty(_folder.GetFiles());
    }

    [EmulatorFact]
    public void Machine_code_that_is_not_there_is_told_with_how_it_is_made()
    {
        InputException error = Assert.Throws<InputException>(() => Loader(CudaKernels.Fatbin).Load(Context, "no_such"));
        Assert.Contains("no_such", error.Message, StringComparison.Ordinal);
        // The emulator has no machine code to run: where CMake has made some, it is refused, and the message says why.
        Exception refused = Assert.ThrowsAny<Exception>(() => Loader(CudaKernels.Fatbin).Load(Context, "wave_f32"));
        Assert.True(refused is InputException or RunException, refused.ToString());
        Assert.Contains("wave_f32", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Machine_code_of_older_sources_is_never_taken()
    {
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(KernelImage.Read("wave_f64.ptx")))[..16];
        string folder = Path.Combine(AppContext.BaseDirectory, "kernels"), mine = Path.Combine(folder, $"wave_f64.{hash}.fatbin"), old = Path.Combine(folder, "wave_f64.0123456789abcdef.fatbin");
        byte[]? before = File.Exists(mine) ? File.ReadAllBytes(mine) : null;
        Directory.CreateDirectory(folder);
        try
        {
            File.WriteAllBytes(old, [1]);
            File.Delete(mine);
            Exception? none = Record.Exception(() => Assert.NotEqual([1], KernelImage.Fatbin("wave_f64")));
            Assert.True(none is null or FileNotFoundException, none?.ToString());
            File.WriteAllBytes(mine, [2]);
            Assert.Equal([2], KernelImage.Fatbin("wave_f64"));
        }
        finally
        {
            File.Delete(old);
            if (before is null) File.Delete(mine);
            else File.WriteAllBytes(mine, before);
        }
    }

    [NvrtcFact]
    public void Compiled_at_run_time_they_give_the_same_bits_and_are_kept()
    {
        if (EmulatorDevice.WhyMissing is not null) Assert.Fail(EmulatorDevice.WhyMissing);
        Environment.SetEnvironmentVariable(KernelCache.Variable, _folder.FullName);
        try
        {
            Dictionary<string, double[]> expected = Results(CudaKernels.Ptx);
            Assert.Empty(_folder.GetFiles());
            Compare.Same(Results(CudaKernels.Nvrtc), expected, "first");
            (string, DateTime)[] kept = Kept();
            Assert.NotEmpty(kept);
            Compare.Same(Results(CudaKernels.Nvrtc), expected, "from disk");
            Assert.Equal(kept, Kept());
        }
        finally
        {
            Environment.SetEnvironmentVariable(KernelCache.Variable, null);
        }
    }

    [NvrtcFact]
    public void A_definition_specialises_and_has_an_entry_of_its_own()
    {
        if (EmulatorDevice.WhyMissing is not null) Assert.Fail(EmulatorDevice.WhyMissing);
        KernelLoader nvrtc = Loader(CudaKernels.Nvrtc);
        (CudaModule one, bool isSpecialised) = nvrtc.LoadFor(Context, "philox_fill", "PCK_UNUSED=1");
        using CudaModule two = nvrtc.LoadFor(Context, "philox_fill", "PCK_UNUSED=2").Module;
        one.Dispose();
        Assert.True(isSpecialised);
        Assert.Equal(2, _folder.GetFiles().Length);
        RunException error = Assert.Throws<RunException>(() => nvrtc.LoadFor(Context, "philox_fill", "float=nonsense"));
        Assert.Contains("philox_fill.cu", error.Message, StringComparison.Ordinal);
        Assert.Contains("nonsense", error.Message, StringComparison.Ordinal);
        // PTX on file knows no macros.
        (CudaModule ptx, isSpecialised) = Loader(CudaKernels.Ptx).LoadFor(Context, "wave_f32", "float=nonsense");
        ptx.Dispose();
        Assert.False(isSpecialised);
    }

    [Fact]
    public void Sources_have_names()
    {
        Assert.Equal(CudaKernels.Nvrtc, KernelLoader.Parse("nvrtc", "PCK_KERNELS"));
        Assert.Contains("PCK_KERNELS nvcc", Assert.Throws<InputException>(() => KernelLoader.Parse("nvcc", "PCK_KERNELS")).Message, StringComparison.Ordinal);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Delete(recursive: true);
    }

    private (string, DateTime)[] Kept() => [.. _folder.GetFiles().OrderBy(static f => f.Name, StringComparer.Ordinal).Select(static f => (f.Name, f.LastWriteTimeUtc))];

    private static Dictionary<string, double[]> Results(CudaKernels kernels)
    {
        var builder = new GraphBuilder("two");
        builder.Input("x", [20]).Add("h", new LinearOp(30, Activation: Activation.Tanh), ["x"]).Add("y", new LinearOp(10), ["h"]);
        Graph graph = builder.Output("y", Likelihood.Categorical).Build();
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = 2, Gamma = 0.1 }, Optimizer = new Adam(0.01) };
        using var trainer = new Trainer(RandomNet.Parameterise(graph, 1), options, CudaDevice.Emulated().WithKernels(kernels));
        trainer.Step(RandomNet.Batch(graph, 9, 1));
        return Compare.Results(trainer, errors: false);
    }

    private KernelLoader Loader(CudaKernels kernels) => new(kernels, new KernelCache(_folder.FullName));
}
