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
        { "", "?" },
        { "{", "?" },
        { "{\n\"inputs\": {},\n nodes: []}", "?" },
        { "[]", "?" },
        { "3", "?" },
        { Model(Good) + "x", "?" },
        { "{}", "?" },
        { """{"inputs":[],"nodes":[],"output":{}}""", "?" },
        { """{"inputs":{"x":5},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"x":["5"]},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"x":[2.5]},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"x":[0]},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"x":[-3]},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"x":[3],"x":[3]},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"":[3]},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"a/b":[3]},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"x":[]},"nodes":[{"name":"y","op":"linear","of":["x"],"units":4}],"output":{"node":"y"}}""", "?" },
        { """{"inputs":{"x":[65536,65536]},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"x":[3]},"inputs":{"x":[3]},"nodes":[],"output":{"node":"x"}}""", "?" },
        { """{"inputs":{"x":[3]},"nodes":{},"output":{"node":"x"}}""", "?" },
        { Model("3"), "?" },
        { Model("{}"), "?" },
        { Model("""{"name":3}"""), "?" },
        { Model("""{"name":"","op":"linear","of":["x"],"units":4}"""), "?" },
        { Model("""{"name":"y"}"""), "?" },
        { Model("""{"name":"y","op":"linaer","of":["x"],"units":4}"""), "?" },
        { Model("""{"name":"y","op":"linear","of":["x"]}"""), "?" },
        { Model("""{"name":"y","op":"linear","units":4}"""), "?" },
        { Y("\"units\":\"4\""), "?" },
        { Y("\"units\":4.5"), "?" },
        { Y("\"units\":0"), "?" },
        { Y("\"units\":99999999999"), "?" },
        { Y("\"units\":2147483647"), "?" },
        { Y("\"units\":4,\"unit\":3"), "?" },
        { Y("\"units\":4,\"units\":3"), "?" },
        { Y("\"units\":4,\"bias\":\"no\""), "?" },
        { Y("\"units\":4,\"activation\":\"tahn\""), "?" },
        { Y("\"units\":4,\"activation\":null"), "?" },
        { Y("\"units\":4,\"form\":\"f(wx+b)\""), "?" },
        { Y("\"units\":4,\"vertex\":1"), "?" },
        { Y("\"units\":4,\"precision\":0"), "?" },
        { Y("\"units\":4,\"precision\":-1"), "?" },
        { Y("\"units\":4,\"precision\":1e999"), "?" },
        { Y("\"units\":4,\"precision\":\"NaN\""), "?" },
        { Y("\"units\":4,\"precision\":[]"), "?" },
        { Y("\"units\":4,\"precision\":[1,2,3]"), "?" },
        { Y("\"units\":4,\"precision\":[1,2,3,-4]"), "?" },
        { Y("\"units\":4,\"precision\":[1,2,3,\"4\"]"), "?" },
        { Y("\"units\":4,\"precision\":{\"per\":\"layer\"}"), "?" },
        { Y("\"units\":4,\"precision\":{\"lern\":true}"), "?" },
        { Y("\"units\":4,\"precision\":{\"learn\":1}"), "?" },
        { Y("\"units\":4,\"precision\":{\"initial\":[1,2,3,4]}"), "?" },
        { Y("\"units\":4,\"precision\":{\"per\":\"unit\",\"initial\":[1,2]}"), "?" },
        { Y("\"units\":4,\"precision\":{\"initial\":\"1\"}"), "?" },
        { Y("\"units\":4,\"parameters\":\"y\""), "?" },
        { Y("\"units\":4,\"parameters\":\"w\""), "?" },
        { Y("\"units\":4,\"parameters\":\"x\""), "?" },
        { Model("""{"name":"a","op":"linear","of":["x"],"units":5},{"name":"b","op":"linear","of":["a"],"units":5,"parameters":"a"},{"name":"y","op":"linear","of":["b"],"units":5,"parameters":"b"}"""), "?" },
        { Model("""{"name":"a","op":"linear","of":["x"],"units":4},{"name":"y","op":"linear","of":["a"],"units":4,"parameters":"a"}"""), "?" },
        { Model("""{"name":"a","op":"linear","of":["x"],"units":5},{"name":"y","op":"linear","of":["a"],"units":5,"bias":false,"parameters":"a"}"""), "?" },
        { Model("""{"name":"a","op":"tanh","of":["x"],"parameters":"x"},{"name":"y","op":"linear","of":["a"],"units":5}"""), "?" },
        { Model("""{"name":"y","op":"add","of":["x"]}"""), "?" },
        { Model("""{"name":"y","op":"tanh","of":["x","x"]}"""), "?" },
        { Model("""{"name":"y","op":"tanh","of":[]}"""), "?" },
        { Model("""{"name":"y","op":"tanh","of":"x"}"""), "?" },
        { Model("""{"name":"y","op":"tanh","of":[3]}"""), "?" },
        { Model("""{"name":"y","op":"tanh","of":["x"],"units":3}"""), "?" },
        { Model("""{"name":"y","op":"input","of":["x"]}"""), "?" },
        { Model("""{"name":"a","op":"linear","of":["x"],"units":4},{"name":"y","op":"add","of":["a","x"]}"""), "?" },
        { Model("""{"name":"y","op":"tanh","of":["y"]}"""), "?" },
        { Model("""{"name":"a","op":"tanh","of":["y"]},{"name":"y","op":"tanh","of":["a"]}"""), "?" },
        { Model("""{"name":"h12","op":"tanh","of":["x"]},{"name":"y","op":"tanh","of":["h21"]}"""), "?" },
        { Model("""{"name":"x","op":"tanh","of":["x"]}"""), "?" },
        { Model(Good + "," + Good), "?" },
        { Model("""{"name":"a","op":"tanh","of":["x"]},""" + Good), "?" },
        { Model("""{"name":"a/b","op":"tanh","of":["x"]},""" + Good), "?" },
        { Model("""{"name":"a","op":"tanh","of":["x"],"precision":2},{"name":"y","op":"tanh","of":["a"]}"""), "?" },
        { Model("""{"name":"a","op":"root","shape":[5],"prior":"gausian"},{"name":"y","op":"add","of":["a","x"]}"""), "?" },
        { Model("""{"name":"a","op":"root","shape":[0]},{"name":"y","op":"add","of":["a","x"]}"""), "?" },
        { Model("""{"name":"a","op":"root"},{"name":"y","op":"add","of":["a","x"]}"""), "?" },
        { Model("""{"name":"a","op":"root","shape":5},{"name":"y","op":"add","of":["a","x"]}"""), "?" },
        { Model("""{"name":"a","op":"root","shape":[5],"of":["x"]},{"name":"y","op":"add","of":["a","x"]}"""), "?" },
        { Model("""{"name":"a","op":"root","shape":[5],"vertex":false},{"name":"y","op":"add","of":["a","x"]}"""), "?" },
        { Model("""{"name":"a","op":"root","shape":[5],"precision":2},{"name":"y","op":"add","of":["a","x"]}"""), "?" },
        { Model("""{"name":"y","op":"root","shape":[5]}"""), "?" },
        { Model(Good, """{"node":"x"}"""), "?" },
        { Model(Good, """{"node":"z"}"""), "?" },
        { Model(Good, """[{"node":"y"},{"node":"y"}]"""), "?" },
        { Model(Good, "[]"), "?" },
        { Model(Good, "\"y\""), "?" },
        { Model(Good, "{}"), "?" },
        { Model(Good, """{"node":"y","likelihood":"categoric"}"""), "?" },
        { Model(Good, """{"node":"y","likelyhood":"gaussian"}"""), "?" },
        { Model("""{"name":"y","op":"linear","of":["x"],"units":4,"precision":2}""", """{"node":"y","likelihood":"categorical"}"""), "?" },
        { Model(Good, more: ",\"layers\":[]"), "?" },
        { Model(Good, more: ",\"name\":5"), "?" },
        { Model("{\"name\":\"a\\nb\",\"op\":\"lin\\near\",\"of\":[\"x\"]}"), "?" },
        { Model("{\"name\":\"\\ud800\",\"op\":\"linear\",\"of\":[\"x\"]}"), "?" },
        { "{\"\\ud800\":1}", "?" },
        { string.Concat(Enumerable.Repeat("[", 100_000)), "?" },
        { "{\"inputs\":" + string.Concat(Enumerable.Repeat("{\"a\":", 5_000)), "?" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_model_is_one_line_that_says_what_would_be_right(string json, string message) =>
        Assert.Equal(message, Assert.Throws<InputException>(() => ModelJson.Parse(json, "m.json")).Message);

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
            Assert.EndsWith("); give the path of a model file", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }
}
