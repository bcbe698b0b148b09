using PcKernels.Cli.Tests;
using PcKernels.Cli.Tests.Cases;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Graphs;

namespace PcKernels.Cuda.Tests.Cases;

/// <summary>The published runs of all rules with every product by cuBLAS's stand-in, within the bounds of our own kernels.</summary>
[Collection(nameof(OneEmulator))]
public sealed class CublasCaseTests : TemporaryFolder
{
    private static readonly string[] s_options = ["--device", "emulator", "--products", "cublas", "--cublas-from", "1"];

    public static TheoryData<string, string> Runs() => CaseRuns.Of("chain");

    [EmulatorTheory]
    [MemberData(nameof(Runs))]
    public void In_double_precision_the_measure_is_at_most_1e_12(string name, string file) => CaseRuns.Check(At("out.safetensors"), name, file, DType.F64, s_options);

    [EmulatorTheory]
    [MemberData(nameof(Runs))]
    public void In_single_precision_the_measure_is_at_most_2e_5(string name, string file) => CaseRuns.Check(At("out.safetensors"), name, file, DType.F32, s_options);
}
