using System.Text;
using PcKernels.Cuda.Interop.Nvrtc;
using PcKernels.Cuda.Tests.Targets;

namespace PcKernels.Cuda.Tests.Interop;

public sealed class NvrtcTests
{
    // Machine code takes minutes and is made of the same PTX by the assembler that CMake calls too: PTX alone, unless all is asked for.
    private static readonly string[] s_architectures = Environment.GetEnvironmentVariable("PCK_FULL") == "1" ? ["sm_80", "sm_90"] : ["compute_80"];

    // All begun at once, side by side.
    private static readonly Lazy<Dictionary<(string, string), Task<byte[]>>> s_compiled = new(static () =>
        KernelSource.Names.SelectMany(static n => s_architectures.Select(a => (n, a))).ToDictionary(static k => k, static k =>
            Task.Run(() => NvrtcCompiler.Compile(KernelSource.Of(k.n), NvrtcCompiler.Options(k.a)))));

    public static TheoryData<string, string> Kernels()
    {
        var all = new TheoryData<string, string>();
        foreach (string name in KernelSource.Names)
            foreach (string architecture in s_architectures) all.Add(name, architecture);
        return all;
    }

    [NvrtcTheory]
    [MemberData(nameof(Kernels))]
    public async Task Every_kernel_that_ships_compiles_from_what_the_assembly_carries(string name, string architecture)
    {
        byte[] code = await s_compiled.Value[(name, architecture)];
        if (architecture.StartsWith("sm_", StringComparison.Ordinal)) Assert.Equal([0x7f, .. "ELF"u8], code[..4]);
        else Assert.Contains(".target sm_80", Encoding.ASCII.GetString(code), StringComparison.Ordinal);
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
