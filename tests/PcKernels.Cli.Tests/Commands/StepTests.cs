using PcKernels.Checkpoints;
using PcKernels.Graphs;

namespace PcKernels.Cli.Tests.Commands;

/// <summary><c>pck step</c> beyond the reference cases.</summary>
public sealed class StepTests : TemporaryFolder
{
    private const string Model = """
        { "name": "m", "inputs": { "x": [2] }, "nodes": [ { "name": "h", "op": "linear", "of": ["x"], "units": 2, "activation": "tanh" },
          { "name": "y", "op": "linear", "of": ["h"], "units": 2 } ], "output": { "node": "y", "likelihood": "gaussian" } }
        """;

    /// <summary>A batch file that gives starting values serves rules that take none: they say so and give what they give without them.</summary>
    [Theory]
    [InlineData("bp", true)]
    [InlineData("zil", true)]
    [InlineData("pc", false)]
    public void Given_starts_are_not_used_by_rules_without_free_values(string rule, bool isUnused)
    {
        CliRun without = Step(rule, "without.safetensors", starts: false), with = Step(rule, "with.safetensors", starts: true);
        Assert.Equal((0, 0), (without.Code, with.Code));
        Assert.Equal(isUnused ? [$"pck: note: value/h: not used, rule {rule} starts from the feedforward values"] : [], with.ErrorLines);
        Assert.Empty(without.ErrorLines);
        double[] expected = Weights("without.safetensors"), actual = Weights("with.safetensors");
        if (isUnused) Assert.Equal(expected, actual);
        else Assert.NotEqual(expected, actual);
    }

    private CliRun Step(string rule, string result, bool starts)
    {
        string model = Text("m.json", Model), batch = At("b.safetensors");
        Dictionary<string, Tensor> tensors = new() { ["x"] = Tensor.From<double>([1, 2], 1, 2), ["y"] = Tensor.From<double>([0, 1], 1, 2) };
        if (starts) tensors["value/h"] = Tensor.From<double>([0.5, -0.5], 1, 2);
        Safetensors.Save(batch, tensors);
        return CliRun.Of("step", "--model", model, "--batch", batch, "--rule", rule, "--dtype", "f64", "--out", At(result));
    }

    private double[] Weights(string file) => Safetensors.Load(At(file)).Tensors["h.weight"].ToDoubles();
}
