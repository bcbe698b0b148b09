using System.Text.Json;

namespace PcKernels.Cli.Tests.Commands;

/// <summary><c>pck bench</c> on nets so small that only its manner is tried, not the machine's speed.</summary>
public sealed class BenchTests : TemporaryFolder
{
    private static readonly string[] s_quick = ["--seconds", "0.004", "--rounds", "2"];

    [Fact]
    public void Every_combination_is_measured_once()
    {
        JsonElement[] results = [.. Bench("--nets", "6-2x5-3@4,5-3", "--rules", "bp,pc,zil", "--start", "feedforward,random", "--plain", "both", "--threads", "1,2").GetProperty("results").EnumerateArray()];
        // bp and zil have no start to choose: 2 nets, (1 + 2 + 1) rules and starts, plain or not, 1 or 2 threads.
        Assert.Equal(2 * 4 * 2 * 2, results.Length);
        Assert.Equal(results.Length, results.Select(static r => string.Join('|', new[] { "net", "rule", "start", "plain", "threads" }.Select(k => r.TryGetProperty(k, out JsonElement v) ? v.ToString() : ""))).Distinct().Count());
        Assert.All(results, static r =>
        {
            JsonElement ms = r.GetProperty("ms");
            double[] order = [0, Number(ms, "min"), Number(ms, "q1"), Number(ms, "median"), Number(ms, "q3")];
            Assert.Equal(order.Order(), order);
            Assert.True(Number(ms, "min") > 0);
            Assert.True(Number(r, "batches") >= 6);
            Assert.True(Number(r, "flop") > 0 && Number(r, "floor_ms") >= 0);
            Assert.InRange(Number(r, "f32_to_f64"), 0, 1e-5);
        });
        Assert.Equal([4, 32], results.Select(static r => r.GetProperty("batch").GetInt32()).Distinct());
    }

    [Fact]
    public void One_combination_stands_at_the_top_too()
    {
        JsonElement bench = Bench("--layers", "3", "--width", "8", "--batch", "5", "--rule", "ipc", "--steps", "4", "--threads", "1");
        Assert.Equal(Number(bench.GetProperty("results")[0].GetProperty("ms"), "median"), Number(bench.GetProperty("ms"), "median"));
        Assert.Equal(("ipc", 3, 8, 5, 4), (bench.GetProperty("rule").GetString(), bench.GetProperty("layers").GetInt32(), bench.GetProperty("width").GetInt32(), bench.GetProperty("batch").GetInt32(), bench.GetProperty("steps").GetInt32()));
        Assert.Equal(Number(bench.GetProperty("ms"), "median") / 4, Number(bench, "ms_per_step"), 1e-6);
        Assert.True(bench.GetProperty("peak_gflops").GetProperty("1").GetDouble() > 0);
    }

    [Fact]
    public void Savings_leave_out_operations()
    {
        JsonElement[] results = [.. Bench("--layers", "6", "--width", "8", "--rule", "pc", "--steps", "3", "--plain", "both").GetProperty("results").EnumerateArray()];
        Assert.True(Number(results[0], "flop") < Number(results[1], "flop"));
        Assert.Equal([false, true], results.Select(static r => r.GetProperty("plain").GetBoolean()));
    }

    [Fact]
    public void A_model_file_a_recipe_and_a_log_serve_as_elsewhere()
    {
        string model = Text("m.json", """{ "name": "m", "inputs": { "x": [5] }, "nodes": [ { "name": "h", "op": "linear", "of": ["x"], "units": 4, "activation": "tanh" }, { "name": "y", "op": "linear", "of": ["h"], "units": 3 } ], "output": { "node": "y", "likelihood": "categorical" } }""");
        string recipe = Text("r.json", """{ "rule": "pc", "steps": 2, "batch": 7, "epochs": 3, "plain": true, "optimizer": "adam" }""");
        string table = CliRun.Done(["bench", "--model", model, "--recipe", recipe, "--log", At("b.jsonl"), .. s_quick]);
        Assert.Contains("| m   | 7 | pc   | 2 | feedforward | yes   |", table);
        Assert.Contains("GFLOP/s on ", table);
        using JsonDocument line = JsonDocument.Parse(Assert.Single(File.ReadAllLines(At("b.jsonl"))));
        Assert.Equal(("m", true), (line.RootElement.GetProperty("net").GetString(), line.RootElement.GetProperty("plain").GetBoolean()));
    }

    [Fact]
    public void The_emulated_gpu_is_measured_like_any_device()
    {
        if (!Cuda.CudaDriver.ProbeEmulator().IsAvailable) return; // InventoryTests fails where it has to be there
        JsonElement result = Bench("--device", "emulator", "--nets", "6-5-3@4", "--rules", "ipc", "--steps", "2").GetProperty("results")[0];
        Assert.Equal(("emulator", 0), (result.GetProperty("device").GetString(), result.GetProperty("threads").GetInt32()));
        Assert.InRange(Number(result, "f32_to_f64"), 1e-12, 1e-5);
        Assert.False(result.TryGetProperty("floor_ms", out _));
    }

    [Fact]
    public void The_scaling_protocol_has_six_factors_of_four_sizes()
    {
        string[] lines = CliRun.Done("bench", "--scaling", "--rules", "bp,pc", "--threads", "1", "--seconds", "0.001", "--rounds", "1").Split('\n');
        string[] rows = [.. lines.Where(static l => l.StartsWith("| pc", StringComparison.Ordinal))];
        Assert.Equal(["batch", "width", "layers", "T"], rows.Where(static l => l.Contains("| random ")).Select(static l => l.Split('|')[5].Trim()));
        Assert.Equal(8, rows.Length);
        Assert.Equal(4, lines.Count(static l => l.StartsWith("| bp", StringComparison.Ordinal)));
        Assert.All(rows, static l => Assert.Contains("(1.00)", l));
    }

    [Fact]
    public void A_cancelled_run_says_so_or_shows_what_it_has()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(600));
        CliRun run = CliRun.Of(cancellation.Token, "bench", "--nets", "6-5-3", "--rules", "bp", "--seconds", "1000", "--rounds", "100000");
        Assert.True(run.Code == 0 ? run.Out.Contains("interrupted") : run.Error.Contains("interrupted"), run.Error);
    }

    private static JsonElement Bench(params string[] args) => JsonDocument.Parse(CliRun.Done(["bench", "--json", .. args, .. s_quick])).RootElement;

    private static double Number(JsonElement of, string name) => of.GetProperty(name).GetDouble();
}
