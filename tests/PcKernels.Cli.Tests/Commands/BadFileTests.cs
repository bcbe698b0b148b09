using System.Buffers.Binary;
using System.Text;
using PcKernels.Checkpoints;
using PcKernels.Graphs;

namespace PcKernels.Cli.Tests.Commands;

/// <summary>Damaged and hostile files: exit code 2, one line with the file's name.</summary>
public sealed class BadFileTests : TemporaryFolder
{
    private const string Model = """{ "name": "m", "inputs": { "x": [2] }, "nodes": [ { "name": "y", "op": "linear", "of": ["x"], "units": 2 } ], "output": { "node": "y" } }""";

    [Theory]
    [InlineData("""{ "name": "m", "inputs": { "x": [2] }, "nodes": [ { "name": "a", "op": "linear", "of": ["b"], "units": 2 }, { "name": "b", "op": "linear", "of": ["a"], "units": 2 } ], "output": { "node": "b" } }""", "cycle")]
    [InlineData("""{ "name": "m", "inputs": { "x": [2] }, "nodes": [ { "name": "y", "op": "liner", "of": ["x"], "units": 2 } ], "output": { "node": "y" } }""", "unknown op 'liner'; known: linear")]
    [InlineData("""{ "name": "m", "inputs": { "x": [2] }, "nodes": [ { "name": "y", "op": "linear", "of": ["x"], "unit": 2 } ], "output": { "node": "y" } }""", "units")]
    [InlineData("""{ "name": "m", "inputs": { "x": [2] }, "nodes": [ { "name": "y", "op": "linear", "of": ["z"], "units": 2 } ], "output": { "node": "y" } }""", "'z'")]
    [InlineData("""{ "name": "m", "inputs": """, "no JSON")]
    [InlineData("""[]""", "object")]
    [InlineData("", "no JSON")]
    public void A_wrong_model(string json, string expected) => Wrong("model.json", expected, "plan", "--model", Text("model.json", json));

    [Fact]
    public void A_missing_model_and_a_folder()
    {
        Wrong("no.json", "cannot be read", "train", "--model", At("no.json"));
        Wrong(Folder, "cannot be read", "train", "--model", Folder);
    }

    [Fact]
    public void A_header_of_2_to_the_63_bytes()
    {
        byte[] header = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(header, 1UL << 63);
        Wrong("p.safetensors", "9223372036854775808", "step", "--model", Text("m.json", Model), "--parameters", Bytes("p.safetensors", header), "--batch", Batch(), "--out", At("o"));
    }

    [Fact]
    public void Overlapping_tensors() => Wrong("p.safetensors", "", "train", "--parameters", Raw("p.safetensors",
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12));

    [Fact]
    public void Bytes_after_the_end() => Wrong("p.safetensors", "", "eval", "--parameters", Raw("p.safetensors", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9));

    [Fact]
    public void Weights_that_are_not_finite() => Wrong("p.safetensors", "'y.weight' holds NaN at element 1", "step", "--model", Text("m.json", Model), "--parameters",
        Tensors("p.safetensors", ("y.weight", [1, double.NaN, 0, 0], [2, 2]), ("y.bias", [0, 0], [2])), "--batch", Batch(), "--out", At("o"));

    [Fact]
    public void Weights_of_another_shape() => Wrong("p.safetensors", "'y.weight' has shape [2, 3], the model needs [2, 2]", "step", "--model", Text("m.json", Model), "--parameters",
        Tensors("p.safetensors", ("y.weight", new double[6], [2, 3]), ("y.bias", [0, 0], [2])), "--batch", Batch(), "--out", At("o"));

    [Theory]
    [InlineData("x", 3, "needs [1, 2]")]
    [InlineData("z", 2, "'x'")]
    public void A_batch_that_does_not_fit(string input, int width, string expected) => Wrong("b.safetensors", expected, "step", "--model", Text("m.json", Model), "--batch",
        Tensors("b.safetensors", (input, new double[width], [1, width]), ("y", [0, 0], [1, 2])), "--out", At("o"));

    [Fact]
    public void An_empty_batch() => Wrong("b.safetensors", "at least one", "step", "--model", Text("m.json", Model), "--batch",
        Tensors("b.safetensors", ("x", [], [0, 2]), ("y", [], [0, 2])), "--out", At("o"));

    [Fact]
    public void A_truncated_idx_file()
    {
        Bytes("train-labels-idx1-ubyte", 0, 0, 8, 1, 0, 0, 0, 2, 0, 1);
        Wrong("train-images-idx3-ubyte", "", "train", "--data", Path.GetDirectoryName(Bytes("train-images-idx3-ubyte", 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3))!);
    }

    [Fact]
    public void Data_that_does_not_fit_the_model() => Wrong("digits", "[8, 8] = 64, but input 'x' of model 'm' takes [2]", "train", "--model", Text("m.json", Model));

    [Fact]
    public void More_classes_than_outputs() => Wrong("digits", "has 10 classes, but output 'y'", "train", "--model",
        Text("m.json", """{ "name": "m", "inputs": { "x": [8, 8] }, "nodes": [ { "name": "f", "op": "linear", "of": ["x"], "units": 2 }, { "name": "y", "op": "linear", "of": ["f"], "units": 2 } ], "output": { "node": "y" } }"""));

    [Fact]
    public void An_empty_folder_and_no_folder()
    {
        Wrong(Folder, "holds no data set", "data", Folder);
        Wrong("nowhere", "is no data set", "train", "--data", At("nowhere"));
    }

    [Fact]
    public void A_file_without_a_model() => Wrong("p.safetensors", "carries no model", "eval", "--parameters", Tensors("p.safetensors", ("a", [1], [1])));

    private static void Wrong(string file, string expected, params string[] args)
    {
        CliRun run = CliRun.Of(args);
        Assert.True(run.Code == 2, $"{run.Code}: {run.Error}");
        string line = Assert.Single(run.ErrorLines);
        Assert.Contains(file, line);
        Assert.Contains(expected, line);
        Assert.DoesNotContain("   at ", line);
        Assert.Empty(run.Out);
    }

    private string Batch() => Tensors("b.safetensors", ("x", [1, 2], [1, 2]), ("y", [0, 1], [1, 2]));

    private string Tensors(string name, params (string Name, double[] Values, int[] Shape)[] tensors)
    {
        Safetensors.Save(At(name), tensors.Select(static t => KeyValuePair.Create(t.Name, Tensor.From<double>(t.Values, t.Shape))));
        return At(name);
    }

    private string Raw(string name, string header, int bytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return Bytes(name, [.. length, .. text, .. new byte[bytes]]);
    }
}
