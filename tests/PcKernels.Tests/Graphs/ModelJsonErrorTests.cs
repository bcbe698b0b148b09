using System.Text;
using PcKernels.Graphs;
using PcKernels.Tests.Checkpoints;

namespace PcKernels.Tests.Graphs;

/// <summary>Every way a model file can be wrong is one line with file, place, and what would be right.</summary>
public sealed class ModelJsonErrorTests
{
    private static string Model(string nodes, string output = """{"node":"y"}""", string more = "") =>
        $$"""{"inputs":{"x":[5]},"nodes":[{{nodes}}],"output":{{output}}{{more}}}""";

    private static string Y(string keys) => Model($$"""{"name":"y","op":"linear","of":["x"],{{keys}}}""");

    private const string Good = """{"name":"y","op":"linear","of":["x"],"units":4}""";

    public static TheoryData<string, string> Wrong => new()
    {
        { "", "m.json: no JSON at line 1, byte 1; a model file is one JSON object" },
        { "{", "m.json: no JSON at line 1, byte 2; a model file is one JSON object" },
        { "{\n\"inputs\": {},\n nodes: []}", "m.json: no JSON at line 3, byte 2; a model file is one JSON object" },
        { "[]", "m.json: the model is a list, not an object" },
        { "3", "m.json: the model is the number 3, not an object" },
        { Model(Good) + "x", "m.json: no JSON at line 1, byte 101; a model file is one JSON object" },
        { "{}", "m.json: the model has no 'inputs'; it is empty" },
        { """{"inputs":[],"nodes":[],"output":{}}""", "m.json: the model: 'inputs' is a list, not an object" },
        { """{"inputs":{"x":5},"nodes":[],"output":{"node":"x"}}""", "m.json: inputs 'x' is the number 5, not a list of whole numbers such as [784]" },
        { """{"inputs":{"x":["5"]},"nodes":[],"output":{"node":"x"}}""", "m.json: inputs 'x' holds the text \"5\", not only whole numbers" },
        { """{"inputs":{"x":[2.5]},"nodes":[],"output":{"node":"x"}}""", "m.json: inputs 'x' holds the number 2.5, not only whole numbers" },
        { """{"inputs":{"x":[0]},"nodes":[],"output":{"node":"x"}}""", "m.json: node 'x': shape [0] must have extents ≥ 1" },
        { """{"inputs":{"x":[-3]},"nodes":[],"output":{"node":"x"}}""", "m.json: node 'x': shape [-3] must have extents ≥ 1" },
        { """{"inputs":{"x":[3],"x":[3]},"nodes":[],"output":{"node":"x"}}""", "m.json: node 'x' is there twice; names are unique" },
        { """{"inputs":{"":[3]},"nodes":[],"output":{"node":"x"}}""", "m.json: a node has no name; give every node a \"name\"" },
        { """{"inputs":{"a/b":[3]},"nodes":[],"output":{"node":"x"}}""", "m.json: node 'a/b': '/' is kept for results such as value/NODE; use '.' in module paths" },
        { """{"inputs":{"x":[]},"nodes":[{"name":"y","op":"linear","of":["x"],"units":4}],"output":{"node":"y"}}""", "m.json: node 'y': linear needs an input with at least one dimension" },
        { """{"inputs":{"x":[65536,65536]},"nodes":[],"output":{"node":"x"}}""", "m.json: node 'x': shape [65536, 65536] has more than 2^30 elements" },
        { """{"inputs":{"x":[3]},"inputs":{"x":[3]},"nodes":[],"output":{"node":"x"}}""", "m.json: the model has the key 'inputs' twice" },
        { """{"inputs":{"x":[3]},"nodes":{},"output":{"node":"x"}}""", "m.json: the model: 'nodes' is an object, not a list" },
        { Model("3"), "m.json: nodes[0] is the number 3, not an object" },
        { Model("{}"), "m.json: nodes[0] has no 'name'; it is empty" },
        { Model("""{"name":3}"""), "m.json: nodes[0]: 'name' is the number 3, not text" },
        { Model("""{"name":"","op":"linear","of":["x"],"units":4}"""), "m.json: a node has no name; give every node a \"name\"" },
        { Model("""{"name":"y"}"""), "m.json: node 'y' has no 'op'; its keys: name" },
        { Model("""{"name":"y","op":"linaer","of":["x"],"units":4}"""), "m.json: node 'y': unknown op 'linaer'; known: linear, slice, add, concat, conv2d, flatten, scale, silu, tanh, gelu, relu, reshape and 16 more" },
        { Model("""{"name":"y","op":"linear","of":["x"]}"""), "m.json: node 'y' has no 'units'; its keys: name, of, op" },
        { Model("""{"name":"y","op":"linear","units":4}"""), "m.json: node 'y' has no 'of'; its keys: op, name, units" },
        { Y("\"units\":\"4\""), "m.json: node 'y': 'units' is the text \"4\", not a whole number" },
        { Y("\"units\":4.5"), "m.json: node 'y': 'units' is the number 4.5, not a whole number" },
        { Y("\"units\":0"), "m.json: node 'y': units 0 must be ≥ 1" },
        { Y("\"units\":99999999999"), "m.json: node 'y': 'units' is the number 99999999999, not a whole number" },
        { Y("\"units\":2147483647"), "m.json: node 'y': shape [2147483647] has more than 2^30 elements" },
        { Y("\"units\":1000000000"), "m.json: node 'y': weight [1000000000, 5] has more than 2^30 elements" },
        { Y("\"units\":4,\"unit\":3"), "m.json: node 'y': unknown key 'unit'; known: units, bias, form, name, of, op, vertex, activation, precision, parameters" },
        { Y("\"units\":4,\"units\":3"), "m.json: nodes[0] has the key 'units' twice" },
        { Y("\"units\":4,\"bias\":\"no\""), "m.json: node 'y': 'bias' is the text \"no\", not true or false" },
        { Y("\"units\":4,\"activation\":\"tahn\""), "m.json: node 'y': activation 'tahn' is unknown; known: tanh, gelu, relu, silu, identity, sigmoid, leaky_relu" },
        { Y("\"units\":4,\"activation\":null"), "m.json: node 'y': 'activation' is null, not text" },
        { Y("\"units\":4,\"form\":\"f(wx+b)\""), "m.json: node 'y': form 'f(wx+b)' is unknown; known: f(Wx+b), Wf(x)+b" },
        { Y("\"units\":4,\"vertex\":1"), "m.json: node 'y': 'vertex' is the number 1, not true or false" },
        { Y("\"units\":4,\"precision\":0"), "m.json: node 'y': precision 0 must be a finite number > 0" },
        { Y("\"units\":4,\"precision\":-1"), "m.json: node 'y': precision -1 must be a finite number > 0" },
        { Y("\"units\":4,\"precision\":1e999"), "m.json: node 'y': precision Infinity must be a finite number > 0" },
        { Y("\"units\":4,\"precision\":\"NaN\""), "m.json: node 'y': a precision is a number, a list of numbers, or {\"learn\": true, \"per\": \"vertex\"|\"unit\", \"initial\": 1.0}" },
        { Y("\"units\":4,\"precision\":[]"), "m.json: node 'y': a precision needs at least one number" },
        { Y("\"units\":4,\"precision\":[1,2,3]"), "m.json: node 'y': 3 precisions for 4 units; give one number or 4" },
        { Y("\"units\":4,\"precision\":[1,2,3,-4]"), "m.json: node 'y': precision -4 must be a finite number > 0" },
        { Y("\"units\":4,\"precision\":[1,2,3,\"4\"]"), "m.json: node 'y': a precision is a number, a list of numbers, or {\"learn\": true, \"per\": \"vertex\"|\"unit\", \"initial\": 1.0}" },
        { Y("\"units\":4,\"precision\":{\"per\":\"layer\"}"), "m.json: node 'y': per 'layer' is unknown; known: vertex, unit" },
        { Y("\"units\":4,\"precision\":{\"lern\":true}"), "m.json: node 'y': 'precision': unknown key 'lern'; known: learn, per, initial" },
        { Y("\"units\":4,\"precision\":{\"learn\":1}"), "m.json: node 'y': 'precision': 'learn' is the number 1, not true or false" },
        { Y("\"units\":4,\"precision\":{\"initial\":[1,2,3,4]}"), "m.json: node 'y': 4 precisions for one vertex; give one number, or \"per\": \"unit\"" },
        { Y("\"units\":4,\"precision\":{\"per\":\"unit\",\"initial\":[1,2]}"), "m.json: node 'y': 2 precisions for 4 units; give one number or 4" },
        { Y("\"units\":4,\"precision\":{\"initial\":\"1\"}"), "m.json: node 'y': 'precision': 'initial' is the text \"1\", not a number" },
        { Y("\"units\":4,\"parameters\":\"y\""), "m.json: node 'y' reads itself; a node reads nodes that come before it" },
        { Y("\"units\":4,\"parameters\":\"w\""), "m.json: node 'y' reads 'w', which is no node before it; known: x" },
        { Y("\"units\":4,\"parameters\":\"x\""), "m.json: node 'y': its parameters do not have the op and shapes of those of 'x' ()" },
        { Model("""{"name":"a","op":"linear","of":["x"],"units":5},{"name":"b","op":"linear","of":["a"],"units":5,"parameters":"a"},{"name":"y","op":"linear","of":["b"],"units":5,"parameters":"b"}"""), "m.json: node 'y': 'b' itself shares parameters; name their owner 'a'" },
        { Model("""{"name":"a","op":"linear","of":["x"],"units":4},{"name":"y","op":"linear","of":["a"],"units":4,"parameters":"a"}"""), "m.json: node 'y': its parameters do not have the op and shapes of those of 'a' ([4, 5], [4])" },
        { Model("""{"name":"a","op":"linear","of":["x"],"units":5},{"name":"y","op":"linear","of":["a"],"units":5,"bias":false,"parameters":"a"}"""), "m.json: node 'y': its parameters do not have the op and shapes of those of 'a' ([5, 5], [5])" },
        { Model("""{"name":"a","op":"tanh","of":["x"],"parameters":"x"},{"name":"y","op":"linear","of":["a"],"units":5}"""), "m.json: node 'a': its parameters do not have the op and shapes of those of 'x' ()" },
        { Model("""{"name":"y","op":"add","of":["x"]}"""), "m.json: node 'y': add reads 2 or more nodes, not 1" },
        { Model("""{"name":"y","op":"tanh","of":["x","x"]}"""), "m.json: node 'y': tanh reads 1 node, not 2" },
        { Model("""{"name":"y","op":"tanh","of":[]}"""), "m.json: node 'y': tanh reads 1 node, not 0" },
        { Model("""{"name":"y","op":"tanh","of":"x"}"""), "m.json: node 'y': 'of' is the text \"x\", not a list" },
        { Model("""{"name":"y","op":"tanh","of":[3]}"""), "m.json: node 'y': 'of' is the number 3, not a list of names" },
        { Model("""{"name":"y","op":"tanh","of":["x"],"units":3}"""), "m.json: node 'y': unknown key 'units'; known: name, of, op, vertex, parameters, precision" },
        { Model("""{"name":"y","op":"input","of":["x"]}"""), "m.json: node 'y': unknown op 'input'; known: concat, dropout, gelu, linear, relu, root, silu, add, conv2d, identity, scale, select and 16 more" },
        { Model("""{"name":"a","op":"linear","of":["x"],"units":4},{"name":"y","op":"add","of":["a","x"]}"""), "m.json: node 'y': add needs inputs of one shape, not [4] and [5]" },
        { Model("""{"name":"y","op":"tanh","of":["y"]}"""), "m.json: node 'y' reads itself; a node reads nodes that come before it" },
        { Model("""{"name":"a","op":"tanh","of":["y"]},{"name":"y","op":"tanh","of":["a"]}"""), "m.json: node 'a' reads 'y', which comes after it: a cycle or a wrong order; each node comes after those it reads" },
        { Model("""{"name":"h12","op":"tanh","of":["x"]},{"name":"y","op":"tanh","of":["h21"]}"""), "m.json: node 'y' reads 'h21', which is no node before it; known: h12, x" },
        { Model("""{"name":"x","op":"tanh","of":["x"]}"""), "m.json: node 'x' is there twice; names are unique" },
        { Model(Good + "," + Good), "m.json: node 'y' is there twice; names are unique" },
        { Model("""{"name":"a","op":"tanh","of":["x"]},""" + Good), "m.json: node 'a' reaches no output; read it from another node or remove it" },
        { Model("""{"name":"a/b","op":"tanh","of":["x"]},""" + Good), "m.json: node 'a/b': '/' is kept for results such as value/NODE; use '.' in module paths" },
        { Model("""{"name":"a","op":"tanh","of":["x"],"precision":2},{"name":"y","op":"tanh","of":["a"]}"""), "m.json: node 'a' has a precision but is no vertex; add \"vertex\": true or remove \"precision\"" },
        { Model("""{"name":"a","op":"root","shape":[5],"prior":"gausian"},{"name":"y","op":"add","of":["a","x"]}"""), "m.json: node 'a': prior 'gausian' is unknown; known: none, gaussian" },
        { Model("""{"name":"a","op":"root","shape":[0]},{"name":"y","op":"add","of":["a","x"]}"""), "m.json: node 'a': shape [0] must have extents ≥ 1" },
        { Model("""{"name":"a","op":"root"},{"name":"y","op":"add","of":["a","x"]}"""), "m.json: node 'a' has no 'shape'; its keys: name, op" },
        { Model("""{"name":"a","op":"root","shape":5},{"name":"y","op":"add","of":["a","x"]}"""), "m.json: node 'a': 'shape' is the number 5, not a list" },
        { Model("""{"name":"a","op":"root","shape":[5],"of":["x"]},{"name":"y","op":"add","of":["a","x"]}"""), "m.json: node 'a': root reads 0 nodes, not 1" },
        { Model("""{"name":"a","op":"root","shape":[5],"vertex":false},{"name":"y","op":"add","of":["a","x"]}"""), "m.json: node 'a': a root always is a vertex; remove \"vertex\": false" },
        { Model("""{"name":"a","op":"root","shape":[5],"precision":2},{"name":"y","op":"add","of":["a","x"]}"""), "m.json: node 'a': a root with prior 'none' has no energy and so no precision; use \"prior\": \"gaussian\"" },
        { Model("""{"name":"y","op":"root","shape":[5]}"""), "m.json: output 'y' is a root; an output needs a prediction" },
        { Model(Good, """{"node":"x"}"""), "m.json: output 'x' is an input; an output needs a prediction" },
        { Model(Good, """{"node":"z"}"""), "m.json: output 'z' is no node; known: x, y" },
        { Model(Good, """[{"node":"y"},{"node":"y"}]"""), "m.json: output 'y' is declared twice" },
        { Model(Good, "[]"), "m.json: model 'model' has no output" },
        { Model(Good, "\"y\""), "m.json: output is the text \"y\", not an object" },
        { Model(Good, "{}"), "m.json: output has no 'node'; it is empty" },
        { Model(Good, """{"node":"y","likelihood":"categoric"}"""), "m.json: output: likelihood 'categoric' is unknown; known: categorical, gaussian" },
        { Model(Good, """{"node":"y","likelyhood":"gaussian"}"""), "m.json: output: unknown key 'likelyhood'; known: likelihood, node" },
        { Model("""{"name":"y","op":"linear","of":["x"],"units":4,"precision":2}""", """{"node":"y","likelihood":"categorical"}"""), "m.json: output 'y' is categorical and has a precision; remove \"precision\" or use \"gaussian\"" },
        { Model(Good, more: ",\"layers\":[]"), "m.json: the model: unknown key 'layers'; known: name, nodes, inputs, output" },
        { Model(Good, more: ",\"name\":5"), "m.json: the model: 'name' is the number 5, not text" },
        { Model("{\"name\":\"a\\nb\",\"op\":\"lin\\near\",\"of\":[\"x\"]}"), "m.json: node 'a\\u000ab': unknown op 'lin\\u000aear'; known: linear, concat, slice, conv2d, flatten, gelu, relu, scale, select, sigmoid, silu, softmax and 16 more" },
        { Model("{\"name\":\"\\ud800\",\"op\":\"linear\",\"of\":[\"x\"]}"), "m.json: a text holds half of a surrogate pair (\\uD800 to \\uDFFF); write the character whole" },
        { "{\"\\ud800\":1}", "m.json: a text holds half of a surrogate pair (\\uD800 to \\uDFFF); write the character whole" },
        { string.Concat(Enumerable.Repeat("[", 100_000)), "m.json: no JSON at line 1, byte 33; a model file is one JSON object" },
        { "{\"inputs\":" + string.Concat(Enumerable.Repeat("{\"a\":", 5_000)), "m.json: no JSON at line 1, byte 166; a model file is one JSON object" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_model_is_one_line_that_says_what_would_be_right(string json, string message)
    {
        Assert.Equal(message, Assert.Throws<InputException>(() => ModelJson.Parse(json, "m.json")).Message);
    }

    [Fact]
    public void A_file_that_is_not_UTF_8_is_named()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = Encoding.Latin1.GetBytes(Model(Good, more: ",\"name\":\"größe\""));
        string path = folder.Write("m.json", bytes);
        Assert.Equal($"{path}: is not UTF-8; a model file is JSON in UTF-8", Assert.Throws<InputException>(() => ModelJson.Load(path)).Message);
    }

    [Fact]
    public void A_byte_order_mark_is_no_error()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("m.json", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Model(Good))]);
        Assert.Equal(4, ModelJson.Load(path)["y"].Count);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_one_line()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in new[] { folder.File("none.json"), folder.Path })
        {
            string message = Assert.Throws<InputException>(() => ModelJson.Load(path)).Message;
            Assert.StartsWith($"{path}: cannot be read (", message, StringComparison.Ordinal);
            Assert.EndsWith("); give the path of a model file, or a name that pck models lists", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }
}
