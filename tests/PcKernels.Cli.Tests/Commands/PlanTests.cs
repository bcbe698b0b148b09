using System.Globalization;
using System.Text.Json;

namespace PcKernels.Cli.Tests.Commands;

public sealed class PlanTests : TemporaryFolder
{
    private const string Residual = """
        { "name": "res", "inputs": { "x": [8] }, "nodes": [
          { "name": "a", "op": "linear", "of": ["x"], "units": 8, "activation": "tanh" },
          { "name": "b", "op": "linear", "of": ["a"], "units": 8, "activation": "tanh" },
          { "name": "s", "op": "add", "of": ["a", "b"] },
          { "name": "y", "op": "linear", "of": ["s"], "units": 3 } ], "output": { "node": "y" } }
        """;

    [Fact]
    public void The_json_has_every_key()
    {
        JsonElement plan = Plan("--rule", "pc", "--batch", "7");
        foreach (string key in new[] { "model", "rule", "batch", "vertices", "levels", "identities", "waves", "phases", "smm_per_update", "mm_per_update", "flop", "bytes", "arena_bytes", "buffer_bytes", "not_learned", "buffers", "explanation" })
            Assert.True(plan.TryGetProperty(key, out _), key);
        Assert.Equal(7, plan.GetProperty("batch").GetInt32());
        Assert.Equal(2, plan.GetProperty("levels").GetProperty("h1").GetInt32());
        JsonElement phase = plan.GetProperty("phases")[0];
        foreach (string key in new[] { "name", "kind", "repeats", "waves", "mm", "mm_gradients", "smm", "flop", "bytes" }) Assert.True(phase.TryGetProperty(key, out _), key);
        int waves = plan.GetProperty("phases").EnumerateArray().Sum(static p => p.GetProperty("repeats").GetInt32() * p.GetProperty("waves").GetArrayLength());
        Assert.Equal(waves, plan.GetProperty("waves").GetInt32());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(32)]
    public void Counts_are_the_published_ones_where_their_conditions_hold(int layers)
    {
        string model = Text("chain.json", Chain(layers));
        Assert.Equal((2 * layers - 1, 2 * layers - 1), Smm("--model", model, "--rule", "bp"));
        Assert.Equal((16, 16), Smm("--model", model, "--rule", "pc", "--plain", "--optimizer", "sgd"));
        Assert.Equal((2 * (layers - 1), 2 * (layers - 1)), Smm("--model", model, "--rule", "zil", "--plain"));
        Assert.Equal((2, 2), Smm("--model", model, "--rule", "ipc", "--plain"));
        Assert.Equal((2, 2), Smm("--model", model, "--rule", "ipc"));
        Assert.True(Smm("--model", model, "--rule", "zil").Counted <= layers - 1);
    }

    [Theory]
    [InlineData("pc", "--steps 8 --optimizer sgd")]
    [InlineData("pc", "--steps 8 --update-every 2 --optimizer sgd")]
    [InlineData("zil", "")]
    [InlineData("fpa", "")]
    [InlineData("ipc", "--order values-first --optimizer sgd")]
    public void Explanations_add_up(string rule, string more)
    {
        foreach (string model in new[] { Text("chain.json", Chain(6)), Text("res.json", Residual) })
        {
            string text = CliRun.Done(["plan", "--model", model, "--rule", rule, .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            foreach (string line in text.Split('\n').Where(static l => l.StartsWith("MM over", StringComparison.Ordinal) || l.StartsWith("SMM over", StringComparison.Ordinal)))
            {
                string sum = line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..].TrimEnd(':').Replace(" published", "", StringComparison.Ordinal).Replace('−', '-');
                string[] sides = sum.Split(" = ");
                Assert.Equal(int.Parse(sides[1]), sides[0].Split(' ').Sum(int.Parse));
            }
        }
    }

    [Fact]
    public void A_graph_with_skips_is_levelled()
    {
        string model = Text("res.json", Residual);
        JsonElement identity = Assert.Single(Plan("--model", model, "--rule", "zil").GetProperty("identities").EnumerateArray());
        Assert.Equal(("a", "y", 1), (identity.GetProperty("from").GetString(), identity.GetProperty("to").GetString(), identity.GetProperty("count").GetInt32()));
        Assert.Contains("a~1", CliRun.Done("plan", "--model", model, "--show", "levelled"));
        Assert.StartsWith("digraph program {", CliRun.Done("plan", "--model", model, "--show", "dot"));
    }

    [Fact]
    public void Parameters_that_no_error_reaches_are_named()
    {
        CliRun run = CliRun.Of("plan", "--rule", "pc", "--steps", "1", "--json");
        Assert.Contains("h1.weight, h1.bias", Assert.Single(run.ErrorLines));
        Assert.Equal(["h1.weight", "h1.bias"], JsonDocument.Parse(run.Out).RootElement.GetProperty("not_learned").EnumerateArray().Select(static e => e.GetString()));
    }

    [Fact]
    public void Free_roots_do_not_fit_bp()
    {
        string model = Text("g.json", """{ "name": "g", "inputs": {}, "nodes": [ { "name": "r", "op": "root", "shape": [3] }, { "name": "y", "op": "linear", "of": ["r"], "units": 6 } ], "output": { "node": "y" } }""");
        CliRun run = CliRun.Of("plan", "--model", model, "--rule", "bp");
        Assert.Equal(2, run.Code);
        Assert.Contains("'r'", Assert.Single(run.ErrorLines));
        CliRun.Done("plan", "--model", model, "--rule", "pc");
    }

    [Theory]
    [InlineData("resident", "resident: the weights stay on the chip in 4 blocks", "--optimizer", "sgd")]
    [InlineData("resident", "resident: the weights stay on the chip in 4 blocks of 222784 bytes", "--optimizer", "sgd", "--math", "tf32")]
    [InlineData("cooperative", "resident: not possible: it rounds products to tf32 or not at all, not to bf16", "--optimizer", "sgd", "--math", "bf16")]
    [InlineData("cooperative", "resident: not possible: it takes no clipping", "--optimizer", "sgd", "--clip-norm", "1")]
    [InlineData("resident", "the optimiser's moments lie in memory and pass by in every update", "--optimizer", "adam")]
    [InlineData("waves", "products, those of 1,000 multiply-adds and more, each a launch", "--optimizer", "sgd", "--products", "cublas", "--cublas-from", "1000")]
    [InlineData("waves", "waves: the general path", "--optimizer", "sgd", "--execution", "waves")]
    [InlineData("cooperative", "resident: not possible: it computes in f32, not f64", "--optimizer", "sgd", "--dtype", "f64")]
    public void The_execution_on_a_gpu_that_is_not_here_is_told_with_its_reason(string execution, string reason, params string[] options)
    {
        string text = CliRun.Done(["plan", "--model", Text("chain.json", Chain(4)), "--rule", "ipc", "--batch", "32", "--device", "cuda", "--limits", "h100", .. options]);
        Assert.Contains($"\nexecution {execution}\n", text);
        Assert.Contains(reason, text);
        Assert.Contains("\nfloor     ", text);
    }

    [Fact]
    public void The_floor_of_products_is_that_of_the_units_they_run_on()
    {
        double[] floors = [.. new[] { "f32", "tf32", "bf16" }.Select(math =>
        {
            string text = CliRun.Done("plan", "--batch", "4096", "--rule", "ipc", "--optimizer", "sgd", "--device", "cuda", "--limits", "h100", "--math", math);
            string line = Assert.Single(text.Split('\n'), static l => l.StartsWith("floor ", StringComparison.Ordinal));
            Assert.Equal(math != "f32", line.Contains("on the tensor cores", StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        })];
        // 132 multiprocessors: 128 lanes of two operations, or 2048 and 4096 operations of the tensor cores, a cycle.
        Assert.InRange(floors[0] / floors[1], 7.5, 8.5);
        Assert.InRange(floors[1] / floors[2], 1.8, 2.2);
    }

    private static JsonElement Plan(params string[] args) => JsonDocument.Parse(CliRun.Done(["plan", "--json", .. args])).RootElement;

    private static (int Counted, int Published) Smm(params string[] args)
    {
        JsonElement count = Plan(args).GetProperty("smm_per_update");
        return (count.GetProperty("counted").GetInt32(), count.GetProperty("published").GetInt32());
    }

    private static string Chain(int layers)
    {
        IEnumerable<string> nodes = Enumerable.Range(1, layers).Select(i =>
            $$"""{ "name": "n{{i}}", "op": "linear", "of": ["{{(i == 1 ? "x" : $"n{i - 1}")}}"], "units": 6, "activation": "tanh" }""");
        return $$"""{ "name": "chain", "inputs": { "x": [6] }, "nodes": [ {{string.Join(", ", nodes)}} ], "output": { "node": "n{{layers}}" } }""";
    }
}
