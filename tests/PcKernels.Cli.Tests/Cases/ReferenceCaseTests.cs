using PcKernels.Graphs;

namespace PcKernels.Cli.Tests.Cases;

/// <summary>Every published run on chains and on graphs, on the CPU.</summary>
public sealed class ReferenceCaseTests : TemporaryFolder
{
    public static TheoryData<string, string> Runs() => CaseRuns.Of("chain", "graph");

    [Theory]
    [MemberData(nameof(Runs))]
    public void In_double_precision_the_measure_is_at_most_1e_12(string name, string file) => CaseRuns.Check(At("out.safetensors"), name, file, DType.F64);

    [Theory]
    [MemberData(nameof(Runs))]
    public void In_single_precision_the_measure_is_at_most_2e_5(string name, string file) => CaseRuns.Check(At("out.safetensors"), name, file, DType.F32);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Without_the_exact_savings_the_result_is_as_good(string name, string file) => CaseRuns.Check(At("out.safetensors"), name, file, DType.F64, "--plain");

    [Fact]
    public void All_runs_are_here() => Assert.Equal(65 + 30, Runs().Count);
}
