using PcKernels.Cli.Tests;
using PcKernels.Cli.Tests.Cases;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Cuda.Tests.Targets;
using PcKernels.Graphs;

namespace PcKernels.Cuda.Tests.Cases;

/// <summary>Every published run on a device of CUDA, within the bounds that the CPU keeps.</summary>
/// <param name="device">Its name on the command line.</param>
[Collection(nameof(OneEmulator))]
public abstract class ReferenceCaseSuite(string device) : TemporaryFolder
{
    public static TheoryData<string, string> Runs() => CaseRuns.Of("chain", "graph");

    [DeviceTheory]
    [MemberData(nameof(Runs))]
    public void In_double_precision_the_measure_is_at_most_1e_12(string name, string file) => CaseRuns.Check(At("out.safetensors"), name, file, DType.F64, "--device", device);

    [DeviceTheory]
    [MemberData(nameof(Runs))]
    public void In_single_precision_the_measure_is_at_most_2e_5(string name, string file) => CaseRuns.Check(At("out.safetensors"), name, file, DType.F32, "--device", device);
}

[On(TestTarget.Emulator)]
public sealed class EmulatorReferenceCaseTests() : ReferenceCaseSuite("emulator");

[On(TestTarget.Cuda)]
public sealed class CudaReferenceCaseTests() : ReferenceCaseSuite("cuda");
