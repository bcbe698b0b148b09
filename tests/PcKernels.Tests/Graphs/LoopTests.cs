using PcKernels.Checkpoints;
using PcKernels.Graphs;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Graphs;

/// <summary>A loop of a model file is the same as its steps written out.</summary>
public sealed class LoopTests
{
    private static readonly string s_case = Path.Combine(AppContext.BaseDirectory, "cases", "graph", "rnn");

    private static string Cell(string more = "", string steps = "4", string inputs = "\"x\":[4,3]") => $$"""
        {"name":"rnn","inputs":{ {{inputs}} },"nodes":[
          {"name":"cell","op":"loop","steps":{{steps}}{{more}},"nodes":[
            {"name":"s","op":"select","of":["x"],"dim":0,"index":"step"},
            {"name":"w","op":"linear","of":["s"],"units":4},
            {"name":"u","op":"linear","of":["h[-1]"],"units":4,"bias":false},
            {"name":"a","op":"add","of":["w","u"]},
            {"name":"h","op":"tanh","of":["a"]}]},
          {"name":"y","op":"linear","of":["cell.h"],"units":2}],
         "output":{"node":"y"}}
        """;

    [Fact]
    public void A_loop_learns_as_the_published_recurrence_written_out()
    {
        Graph looped = ModelJson.Parse(Cell()), written = ModelJson.Load(Path.Combine(s_case, "model.json"));
        Assert.Equal(["cell.0.w.weight", "cell.0.w.bias", "cell.1.u.weight", "y.weight", "y.bias"], looped.Parameters.Select(static p => p.Name));
        IReadOnlyDictionary<string, Tensor> given = Safetensors.Load(Path.Combine(s_case, "parameters.safetensors")).Tensors, batch = Safetensors.Load(Path.Combine(s_case, "batch.safetensors")).Tensors;
        (string Loop, string Written)[] names = [("cell.0.w.weight", "w1.weight"), ("cell.0.w.bias", "w1.bias"), ("cell.1.u.weight", "u2.weight"), ("y.weight", "y.weight"), ("y.bias", "y.bias")];
        foreach (Rule rule in new Rule[] { new Backpropagation(), new ZeroDivergence(), new PredictiveCoding { Steps = 8 } })
        {
            var options = Runs.Looking with { Rule = rule };
            Model one = new(looped), other = new(written);
            one.SetParameters(names.ToDictionary(static n => n.Loop, n => given[n.Written]));
            other.SetParameters(given);
            Dictionary<string, double[]> a = Runs.Of(one, options, batch), b = Runs.Of(other, options, batch);
            foreach ((string loop, string plain) in names) Assert.Equal(b[$"grad/{plain}"], a[$"grad/{loop}"]);
        }
    }

    [Fact]
    public void An_initial_value_is_read_in_the_first_step()
    {
        Graph graph = ModelJson.Parse(Cell(",\"initial\":{\"h\":\"h0\"}", "2", "\"x\":[4,3],\"h0\":[4]"));
        Assert.Equal(["h0"], graph["cell.0.u"].Of.Select(i => graph.Nodes[i].Name));
        Assert.Equal(["cell.0.h"], graph["cell.1.u"].Of.Select(i => graph.Nodes[i].Name));
        Assert.Equal(graph["cell.0.u"].Index, graph["cell.1.u"].Owner);
    }

    [Fact]
    public void Steps_are_nodes_like_any_other_when_written_again()
    {
        string json = ModelJson.Write(ModelJson.Parse(Cell()));
        Assert.Equal(json, ModelJson.Write(ModelJson.Parse(json)));
    }

    [Theory]
    [InlineData("0", "", "m.json: loop 'cell': 0 steps of 5 nodes; steps must be ≥ 1 and all nodes together at most 100000")]
    [InlineData("5", "", "m.json: node 'cell.4.s': index 4 is none of the 4 slices of dimension 0; use -4 to 3")]
    [InlineData("2", ",\"initial\":{\"g\":\"x\"}", "m.json: loop 'cell': 'initial' names 'g', which is no node of the loop; known: a, h, s, u, w")]
    [InlineData("2", ",\"step\":1", "m.json: loop 'cell': unknown key 'step'; known: steps, op, name, nodes, initial")]
    public void A_wrong_loop_is_one_line_that_names_it(string steps, string more, string message) =>
        Assert.Equal(message, Assert.Throws<InputException>(() => ModelJson.Parse(Cell(more, steps), "m.json")).Message);
}
