using System.Text.Json;
using PcKernels.Checkpoints;
using PcKernels.Graphs;

namespace PcKernels.Cli.Tests.Cases;

/// <summary>Every published run on chains and on graphs, as made by others with automatic differentiation and checked by hand.</summary>
public sealed class ReferenceCaseTests : TemporaryFolder
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "cases");

    public static TheoryData<string, string> Runs()
    {
        var runs = new TheoryData<string, string>();
        foreach (string folder in Directory.GetDirectories(s_folder).SelectMany(Directory.GetDirectories).Order(StringComparer.Ordinal))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "runs.json")));
            foreach (JsonElement run in document.RootElement.GetProperty("runs").EnumerateArray())
                runs.Add(Path.GetRelativePath(s_folder, folder), run.GetProperty("file").GetString()!);
        }
        return runs;
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void In_double_precision_the_measure_is_at_most_1e_12(string name, string file) => Check(name, file, "f64", DType.F64, 1e-12);

    [Theory]
    [MemberData(nameof(Runs))]
    public void In_single_precision_the_measure_is_at_most_2e_5(string name, string file) => Check(name, file, "f32", DType.F32, 2e-5);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Without_the_exact_savings_the_result_is_as_good(string name, string file) => Check(name, file, "f64", DType.F64, 1e-12, "--plain");

    [Fact]
    public void All_runs_are_here() => Assert.Equal(65 + 30, Runs().Count);

    private void Check(string name, string file, string dtype, DType type, double bound, params string[] more)
    {
        string folder = Path.Combine(s_folder, name), result = At("out.safetensors");
        CliRun.Done(["step", "--model", Path.Combine(folder, "model.json"), "--parameters", Path.Combine(folder, "parameters.safetensors"),
            "--batch", Path.Combine(folder, "batch.safetensors"), .. Arguments(folder, file), "--dtype", dtype, "--out", result, .. more]);
        (double worst, string where) = CaseMeasure.Compare(Safetensors.Load(result).Tensors, Safetensors.Load(Path.Combine(folder, file)).Tensors, type);
        Assert.True(worst >= 0 && worst <= bound, $"{name}/{file}: {worst:E2} at {where}");
    }

    private static string[] Arguments(string folder, string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "runs.json")));
        JsonElement run = document.RootElement.GetProperty("runs").EnumerateArray().Single(r => r.GetProperty("file").GetString() == file);
        return [.. run.GetProperty("args").EnumerateArray().Select(static a => a.GetString()!)];
    }
}
