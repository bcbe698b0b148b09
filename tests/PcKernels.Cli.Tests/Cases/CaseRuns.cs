using System.Text.Json;
using PcKernels.Checkpoints;
using PcKernels.Graphs;

namespace PcKernels.Cli.Tests.Cases;

/// <summary>The published runs, as made by others with automatic differentiation and checked by hand.</summary>
internal static class CaseRuns
{
    /// <summary>The bound in double precision.</summary>
    public const double F64 = 1e-12;

    /// <summary>The bound in single precision.</summary>
    public const double F32 = 2e-5;

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "cases");

    /// <summary>Every run: its case and its file.</summary>
    /// <param name="kinds"><c>chain</c>, <c>graph</c>.</param>
    public static TheoryData<string, string> Of(params string[] kinds)
    {
        var runs = new TheoryData<string, string>();
        foreach (string folder in kinds.SelectMany(static kind => Directory.GetDirectories(Path.Combine(s_folder, kind)).Order(StringComparer.Ordinal)))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "runs.json")));
            foreach (JsonElement run in document.RootElement.GetProperty("runs").EnumerateArray())
                runs.Add(Path.GetRelativePath(s_folder, folder), run.GetProperty("file").GetString()!);
        }
        return runs;
    }

    /// <summary>Runs one by <c>pck step</c> and holds what it writes against the published file.</summary>
    /// <param name="result">The file to write.</param>
    /// <param name="name">The case.</param>
    /// <param name="file">The run's file.</param>
    /// <param name="dtype">F32 or F64; the bound is that type's.</param>
    /// <param name="more">More options.</param>
    public static void Check(string result, string name, string file, DType dtype, params string[] more)
    {
        string folder = Path.Combine(s_folder, name);
        CliRun.Done(["step", "--model", Path.Combine(folder, "model.json"), "--parameters", Path.Combine(folder, "parameters.safetensors"),
            "--batch", Path.Combine(folder, "batch.safetensors"), .. Arguments(folder, file), "--dtype", dtype == DType.F64 ? "f64" : "f32", "--out", result, .. more]);
        (double worst, string where) = CaseMeasure.Compare(Safetensors.Load(result).Tensors, Safetensors.Load(Path.Combine(folder, file)).Tensors, dtype);
        Assert.True(worst >= 0 && worst <= (dtype == DType.F64 ? F64 : F32), $"{name}/{file}: {worst:E2} at {where}");
    }

    private static string[] Arguments(string folder, string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "runs.json")));
        JsonElement run = document.RootElement.GetProperty("runs").EnumerateArray().Single(r => r.GetProperty("file").GetString() == file);
        return [.. run.GetProperty("args").EnumerateArray().Select(static a => a.GetString()!)];
    }
}
