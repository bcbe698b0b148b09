using PcKernels.Checkpoints;
using PcKernels.Graphs;
using PcKernels.Models;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Graphs;

/// <summary>A loop of a model file is the same as its steps written out.</summary>
public sealed class LoopTests
{
    private static readonly string s_case = Path.Combine(AppContext.BaseDirectory, "cases", "graph", "rnn");

    // Some keys may be replaced.
    private static string Cell(string more = "", string steps = "4", string inputs = "\"x\":[4,3]", int units = 4, int outputs = 2, string add = "", string after = "", string read = "cell.h") => $$"""
        {"name":"rnn","inputs":{ {{inputs}} },"nodes":[
          {"name":"cell","op":"loop","steps":{{steps}}{{more}},"nodes":[
            {"name":"s","op":"select","of":["x"],"dim":0,"index":"step"},
            {"name":"w","op":"linear","of":["s"],"units":{{units}} },
            {"name":"u","op":"linear","of":["h[-1]"],"units":{{units}},"bias":false},{{add}}
            {"name":"a","op":"add","of":["w","u"]},
            {"name":"h","op":"tanh","of":["a"]}]},{{after}}
          {"name":"y","op":"linear","units":{{outputs}},"of":["{{read}}"]} ],
         "output":{"node":"y"} }
        """;

    [Fact]
    public void A_loop_learns_as_the_published_recurrence_written_out()
    {
        Graph looped = ModelJson.Parse(Cell()), written = ModelJson.Load(Path.Combine(s_case, "model.json"));
        Assert.Equal(["cell.0.w.weight", "cell.0.w.bias", "cell.1.u.weight", "y.weight", "y.bias"], looped.Parameters.Select(static p => p.Name));
        SameLearning(looped, written, Safetensors.Load(Path.Combine(s_case, "parameters.safetensors")).Tensors, Safetensors.Load(Path.Combine(s_case, "batch.safetensors")).Tensors);
    }

    /// <summary>The model that ships has its steps written out, under names that saved files go by.</summary>
    [Fact]
    public void A_loop_learns_as_the_recurrence_that_ships()
    {
        Graph written = ShippedModels.Find("rnn-small").ReadGraph();
        Graph looped = ModelJson.Parse(Cell(steps: "8", inputs: "\"x\":[8,8]", units: 64, outputs: 10));
        SameLearning(looped, written, RandomNet.Parameterise(written, 5).Parameters, RandomNet.Batch(written, 3, 5));
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
    public void Without_an_initial_value_what_needs_it_is_left_out_of_the_first_step()
    {
        Graph graph = ModelJson.Parse(Cell());
        Assert.False(graph.Contains("cell.0.u"));
        Assert.Equal("identity", graph["cell.0.a"].Op.Name);
        Assert.Equal("add", graph["cell.1.a"].Op.Name);
    }

    [Fact]
    public void A_second_loop_reads_the_last_step_of_the_first()
    {
        const string second = """{"name":"top","op":"loop","steps":2,"initial":{"g":"cell.h"},"nodes":[{"name":"g","op":"linear","of":["g[-1]"],"units":4}]},""";
        Graph graph = ModelJson.Parse(Cell(after: second, read: "top.g"));
        Assert.Equal("cell.3.h", graph.Nodes[graph["top.0.g"].Of[0]].Name);
        Assert.Equal("top.1.g", graph.Nodes[graph["y"].Of[0]].Name);
    }

    [Fact]
    public void Steps_are_nodes_like_any_other_when_written_again()
    {
        string json = ModelJson.Write(ModelJson.Parse(Cell()));
        Assert.Equal(json, ModelJson.Write(ModelJson.Parse(json)));
    }

    [Theory]
    [InlineData("0", "", "m.json: loop 'cell': 0 steps of 5 nodes; steps must be ≥ 1 and the nodes of all loops together at most 100000")]
    [InlineData("2000000000", "", "m.json: loop 'cell': 2000000000 steps of 5 nodes; steps must be ≥ 1 and the nodes of all loops together at most 100000")]
    [InlineData("\"4\"", "", "m.json: loop 'cell': 'steps' is the text \"4\", not a whole number")]
    [InlineData("5", "", "m.json: node 'cell.4.s': index 4 is none of the 4 slices of dimension 0; use -4 to 3")]
    [InlineData("2", ",\"initial\":{\"g\":\"x\"}", "m.json: loop 'cell': 'initial' names 'g', which is no node of the loop; known: a, h, s, u, w")]
    [InlineData("2", ",\"initial\":{\"h\":3}", "m.json: loop 'cell': 'initial' holds 3, not the name of a node")]
    [InlineData("2", ",\"initial\":{\"h\":\"x\",\"h\":\"x\"}", "m.json: loop 'cell': 'initial' has the key 'h' twice")]
    [InlineData("2", ",\"step\":1", "m.json: loop 'cell': unknown key 'step'; known: steps, op, name, nodes, initial")]
    public void A_wrong_loop_is_one_line_that_names_it(string steps, string more, string message) => Refuses(Cell(more, steps), message);

    [Theory]
    [InlineData("""{"name":"v","op":"loop","steps":2,"nodes":[]},""", "m.json: loop 'cell': node 'v' is a loop inside a loop; write the inner one out")]
    [InlineData("""{"name":"s","op":"tanh","of":["w"]},""", "m.json: loop 'cell': node 's' is there twice; names are unique")]
    [InlineData("""{"name":"v[0]","op":"tanh","of":["w"]},""", "m.json: loop 'cell', nodes[3]: the name 'v[0]' holds '[', which marks the step before")]
    [InlineData("""{"name":"v","op":"tanh","of":["h"]},""", "m.json: loop 'cell': node 'v' reads 'h', which comes after it; h[-1] is that of the step before")]
    [InlineData("""{"name":"v","op":"tanh","of":["g[-1]"]},""", "m.json: loop 'cell': node 'v' names 'g', which is no node of the loop; known: a, h, s, u, v, w")]
    [InlineData("""{"name":"v","op":"add","of":["w",null]},""", "m.json: node 'cell.0.v': 'of' is null, not a list of names")]
    [InlineData("""{"name":"v","op":"tanh","op":"relu","of":["w"]},""", "m.json: loop 'cell', nodes[3] has the key 'op' twice")]
    [InlineData("""{"name":"v","op":"linear","of":["w"],"units":2,"precision":{"learn":true,"learn":true}},""", "m.json: node 'cell.0.v': 'precision' has the key 'learn' twice")]
    [InlineData("""{"name":"v","of":["w"]},""", "m.json: loop 'cell', nodes[3] has no 'op'; its keys: of, name")]
    [InlineData("""3,""", "m.json: loop 'cell', nodes[3] is the number 3, not an object")]
    public void A_wrong_node_of_a_loop_is_one_line_that_names_it(string node, string message) => Refuses(Cell(add: node), message);

    [Theory]
    [InlineData("cell", "", "m.json: node 'y' names the loop 'cell'; name one of its nodes: cell.s, cell.w, cell.u, cell.a, cell.h")]
    [InlineData("cell.h", """{"name":"cell","op":"tanh","of":["cell.h"]},""", "m.json: nodes[1]: a loop has the name 'cell'; names are unique")]
    [InlineData("cell.h", """{"name":"cell","op":"loop","steps":1,"nodes":[]},""", "m.json: loop 'cell': the name is there twice; names are unique")]
    [InlineData("cell.h", """{"name":"x","op":"loop","steps":1,"nodes":[]},""", "m.json: loop 'x': the name is there twice; names are unique")]
    public void A_loop_s_name_is_no_value_s(string read, string after, string message) => Refuses(Cell(after: after, read: read), message);

    private static void Refuses(string json, string message) => Assert.Equal(message, Assert.Throws<InputException>(() => ModelJson.Parse(json, "m.json")).Message);

    /// <summary>Three batches under each rule, bit for bit.</summary>
    private static void SameLearning(Graph looped, Graph written, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyDictionary<string, Tensor> batch)
    {
        Dictionary<string, string> names = looped.Parameters.Zip(written.Parameters).ToDictionary(static p => p.First.Name, static p => p.Second.Name);
        Model one = new(looped), other = new(written);
        one.SetParameters(names.ToDictionary(static n => n.Key, n => parameters[n.Value]));
        other.SetParameters(parameters);
        foreach (Rule rule in new Rule[] { new Backpropagation(), new ZeroDivergence(), new PredictiveCoding { Steps = 8 }, new IncrementalPredictiveCoding { Steps = 4 } })
        {
            TrainingOptions options = Runs.Looking with { Rule = rule, Optimizer = new Adam(0.01) };
            Dictionary<string, double[]>[] a = Runs.Of(one, options, [batch, batch, batch]), b = Runs.Of(other, options, [batch, batch, batch]);
            for (int i = 0; i < a.Length; i++)
                foreach ((string loop, string plain) in names)
                {
                    Assert.Equal(b[i][$"grad/{plain}"], a[i][$"grad/{loop}"]);
                    Assert.Equal(b[i][plain], a[i][loop]);
                }
        }
    }
}
