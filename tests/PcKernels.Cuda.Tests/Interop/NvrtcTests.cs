using System.Text;
using PcKernels.Cuda.Interop.Nvrtc;
using PcKernels.Cuda.Tests.Targets;

namespace PcKernels.Cuda.Tests.Interop;

public sealed class NvrtcTests
{
    public static TheoryData<string, int> Kernels()
    {
        var all = new TheoryData<string, int>();
        foreach (string name in KernelSource.Names)
            foreach (int architecture in new[] { 80, 90 }) all.Add(name, architecture);
        return all;
    }

    [NvrtcTheory]
    [MemberData(nameof(Kernels))]
    public void Every_kernel_that_ships_compiles_from_what_the_assembly_carries(string name, int architecture)
    {
        byte[] code = NvrtcCompiler.Compile(KernelSource.Of(name), NvrtcCompiler.Options($"sm_{architecture}"));
        Assert.Equal([0x7f, .. "ELF"u8], code[..4]);
    }

    [Fact]
    public void The_kernels_are_in_the_assembly() => Assert.Contains("wave_f32", KernelSource.Names);

    [NvrtcFact]
    public void A_virtual_architecture_gives_ptx()
    {
        var source = new KernelSource("k.cu", "#include \"a/b.cuh\"\nextern \"C\" __global__ void k(int* p) { *p = SEVEN; }", new Dictionary<string, string> { ["a/b.cuh"] = "#define SEVEN 7" });
        string ptx = Encoding.ASCII.GetString(NvrtcCompiler.Compile(source, ["--gpu-architecture=compute_80"]));
        Assert.Contains(".target sm_80", ptx, StringComparison.Ordinal);
        Assert.Contains(".entry k(", ptx, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void What_the_compiler_says_is_in_the_exception()
    {
        var source = new KernelSource("broken.cu", "__global__ void k() { undeclared = 1; }", new Dictionary<string, string>());
        NvrtcException error = Assert.Throws<NvrtcException>(() => NvrtcCompiler.Compile(source, ["--gpu-architecture=sm_90"]));
        Assert.Contains("undeclared", error.Log, StringComparison.Ordinal);
        Assert.Contains("broken.cu", error.Message, StringComparison.Ordinal);
        Assert.Contains("NVRTC_ERROR_COMPILATION", error.Message, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void The_library_tells_version_and_architectures()
    {
        Assert.True(NvrtcCompiler.Version().Major >= 12);
        Assert.Contains(90, NvrtcCompiler.Architectures());
        Assert.Null(NvrtcLibrary.TriedPaths[^1].Error);
    }

    [Fact]
    public void Without_the_library_every_path_tried_and_the_remedy_are_told()
    {
        string told = NvrtcLibrary.Explain([new CudaTriedPath("libnvrtc.so.13", "no such file"), new CudaTriedPath("/opt/x/libnvrtc.so.13", "not a library")]);
        foreach (string part in new[] { "libnvrtc.so.13: no such file", "/opt/x/libnvrtc.so.13: not a library", "CUDA_PATH", "PCK_NVRTC" }) Assert.Contains(part, told, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', told);
        if (NvrtcLibrary.WhyMissing is { } reason) Assert.All(NvrtcLibrary.TriedPaths, t => Assert.Contains(t.Path, reason, StringComparison.Ordinal));
    }
}
