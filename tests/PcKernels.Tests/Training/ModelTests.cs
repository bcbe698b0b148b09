using PcKernels.Checkpoints;
using PcKernels.Graphs;
using PcKernels.Initialization;
using PcKernels.Tests.Checkpoints;
using PcKernels.Tests.Graphs;
using PcKernels.Training;

namespace PcKernels.Tests.Training;

public sealed class ModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Model Small => Model.Mlp(3, [4], 2);

    private static Dictionary<string, Tensor> State(Model model) => model.Parameters.ToDictionary(static p => p.Key, static p => p.Value);

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    public void A_saved_file_alone_is_the_model(DType dtype)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var model = new Model(RandomGraph.Make(seed), InitializationScheme.Xavier, 9);
            string path = _folder.File("m.safetensors");
            model.Save(path, dtype, new Dictionary<string, string> { ["data"] = "optdigits" });
            Model read = Model.Load(path);
            Assert.Equal(ModelJson.Write(model.Graph), ModelJson.Write(read.Graph));
            foreach ((string name, Tensor tensor) in model.Parameters) Assert.Equal(tensor.To(dtype).ToDoubles(), read.Parameters[name].ToDoubles());
            Assert.Equal("optdigits", Safetensors.Load(path).Metadata["data"]);
        }
    }

    [Fact]
    public void A_model_file_is_loaded_with_initial_parameters()
    {
        string path = _folder.File("m.json");
        File.WriteAllText(path, ModelJson.Write(Small.Graph));
        Assert.Equal(Model.Mlp(3, [4], 2, seed: 5).Parameters["h1.weight"].ToDoubles(), Model.Load(path, seed: 5).Parameters["h1.weight"].ToDoubles());
    }

    [Fact]
    public void A_safetensors_file_without_a_model_says_how_to_give_one()
    {
        string path = _folder.File("p.safetensors");
        Safetensors.Save(path, State(Small));
        Assert.Equal($"{path}: carries no model in its metadata; give the model file with --model and this one with --parameters",
            Assert.Throws<InputException>(() => Model.Load(path)).Message);
        Small.LoadParameters(path);
    }

    [Fact]
    public void Names_and_shapes_are_those_of_a_torch_state_dict()
    {
        Model model = new(ModelJson.Parse("""
            {"inputs":{"x":[3]},"nodes":[{"name":"0","op":"linear","of":["x"],"units":4,"activation":"relu"},{"name":"2","op":"linear","of":["0"],"units":2}],"output":{"node":"2"}}
            """));
        Assert.Equal(["0.weight [4, 3]", "0.bias [4]", "2.weight [2, 4]", "2.bias [2]"], model.Parameters.Select(static p => $"{p.Key} {Tensor.FormatShape(p.Value.Shape)}"));
    }

    public static TheoryData<Action<Dictionary<string, Tensor>>, string> Wrong => new()
    {
        { static p => p.Remove("h1.weight"), "f: has no 'h1.weight' [4, 3]; it holds: y.weight, h1.bias, y.bias" },
        { static p => p.Clear(), "f: has no 'h1.weight' [4, 3]; it is empty" },
        { static p => p["h1.wieght"] = new Tensor(DType.F32, [1]), "f: 'h1.wieght' is no parameter of model 'mlp'; known: h1.weight, y.weight, h1.bias, y.bias" },
        { static p => p["y.bias"] = new Tensor(DType.F32, [1]), "f: 'y.bias' has shape [1], the model needs [2]" },
        { static p => p["h1.weight"] = new Tensor(DType.F32, [3, 4]), "f: 'h1.weight' has shape [3, 4], the model needs [4, 3]" },
        { static p => p["y.bias"] = new Tensor(DType.I64, [2]), "f: 'y.bias' is I64, not F32 or F64" },
        { static p => p["y.bias"] = Tensor.From<float>([1, float.NaN], 2), "f: 'y.bias' holds NaN at element 1; parameters must be finite" },
        { static p => p["y.bias"] = Tensor.From<double>([double.NegativeInfinity, 1], 2), "f: 'y.bias' holds -Infinity at element 0; parameters must be finite" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_parameters_are_one_line_and_change_nothing(Action<Dictionary<string, Tensor>> spoil, string message)
    {
        Model model = Model.Mlp(3, [4], 2, seed: 1);
        Dictionary<string, Tensor> tensors = State(Small);
        spoil(tensors);
        Assert.Equal(message, Assert.Throws<InputException>(() => model.SetParameters(tensors, "f")).Message);
        foreach ((string name, Tensor tensor) in Model.Mlp(3, [4], 2, seed: 1).Parameters) Assert.Equal(tensor.ToDoubles(), model.Parameters[name].ToDoubles());
    }

    [Fact]
    public void Learned_precisions_start_at_the_given_number_and_may_be_missing_from_a_file()
    {
        Graph graph = ModelJson.Parse("""{"inputs":{"x":[3]},"nodes":[{"name":"y","op":"linear","of":["x"],"units":2,"precision":{"learn":true,"per":"unit","initial":[0.5,4]}}],"output":{"node":"y"}}""");
        var model = new Model(graph);
        Assert.Equal([-Math.Log(0.5), -Math.Log(4)], model.Parameters["y.log_variance"].ToDoubles());
        Dictionary<string, Tensor> tensors = State(model);
        tensors.Remove("y.log_variance");
        model.SetParameters(tensors);
        Assert.Equal([-Math.Log(0.5), -Math.Log(4)], model.Parameters["y.log_variance"].ToDoubles());
    }

    [Fact]
    public void Initial_parameters_do_not_depend_on_other_layers()
    {
        Model shallow = Model.Mlp(3, [4, 4], 2, seed: 3), deep = Model.Mlp(3, [4, 4, 7], 5, seed: 3);
        foreach (string name in new[] { "h1.weight", "h1.bias", "h2.weight", "h2.bias" }) Assert.Equal(shallow.Parameters[name].ToDoubles(), deep.Parameters[name].ToDoubles());
        Assert.NotEqual(shallow.Parameters["h1.weight"].ToDoubles(), Model.Mlp(3, [4, 4], 2, seed: 4).Parameters["h1.weight"].ToDoubles());
    }

    [Fact]
    public void The_default_model_is_the_one_described()
    {
        Graph graph = Model.Mlp(64, [128, 32], 10, Activation.Relu, Likelihood.Categorical).Graph;
        Assert.Equal(["x: input [64]", "h1: linear [128]", "h2: linear [32]", "y: linear [10]"], graph.Nodes.Select(static n => n.ToString()));
        Assert.Equal(Likelihood.Categorical, graph.Outputs[0].Likelihood);
        Assert.Equal(3, Model.Mlp(5, [], 3).Graph["y"].Count);
        Assert.Equal("node 'h1': units 0 must be ≥ 1", Assert.Throws<InputException>(static () => Model.Mlp(3, [0], 2)).Message);
        Assert.Equal("node 'x': shape [0] must have extents ≥ 1", Assert.Throws<InputException>(static () => Model.Mlp(0, [4], 2)).Message);
    }
}
