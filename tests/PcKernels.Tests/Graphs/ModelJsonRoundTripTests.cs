using FsCheck;
using FsCheck.Fluent;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;

namespace PcKernels.Tests.Graphs;

public sealed class ModelJsonRoundTripTests
{
    [Fact]
    public void A_written_graph_reads_back_equal() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), static seed => AssertEqual(RandomGraph.Make(seed), ModelJson.Parse(ModelJson.Write(RandomGraph.Make(seed)))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Roots_names_and_priors_read_back_equal()
    {
        Graph graph = new GraphBuilder("quo\"te\\ and ünïcode 漢")
            .Add("top", new RootOp([2, 3]), [])
            .Add("g", new RootOp([2, 3], RootPrior.Gaussian), [], precision: Precision.Fixed(1e-17))
            .Add("layer1.0.conv1", new AddOp(), ["top", "g", "top"], vertex: true, precision: Precision.Fixed(0.1))
            .Add("0", new LinearOp(4, false, Activation.LeakyRelu, ActivationForm.Pre), ["layer1.0.conv1"], vertex: false)
            .Add("out", new ElementwiseOp(Activation.Identity), ["0"])
            .Output("out", Likelihood.Categorical)
            .Build();
        AssertEqual(graph, ModelJson.Parse(ModelJson.Write(graph)));
    }

    [Fact]
    public void Defaults_are_those_of_the_format()
    {
        Graph graph = ModelJson.Parse("""{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"linear","of":["x"],"units":4}],"output":{"node":"y"}}""");
        Assert.Equal("model", graph.Name);
        Assert.Equal(new LinearOp(4, Bias: true, Activation.Identity, ActivationForm.Post), graph["y"].Op);
        Assert.Equal(Likelihood.Gaussian, graph.Outputs[0].Likelihood);
        Assert.True(graph["y"].Precision.IsOne);
    }

    [Fact]
    public void A_model_is_written_the_same_way_each_time() => Assert.Equal(ModelJson.Write(RandomGraph.Make(7)), ModelJson.Write(RandomGraph.Make(7)));

    private static void AssertEqual(Graph expected, Graph actual)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.Nodes.Select(Describe), actual.Nodes.Select(Describe));
        Assert.Equal(expected.Outputs, actual.Outputs);
        Assert.Equal(expected.Parameters.Select(Describe), actual.Parameters.Select(Describe));
        Assert.Equal(ModelJson.Write(expected), ModelJson.Write(actual));
    }

    private static string Describe(Node node)
    {
        string op = node.Op switch { RootOp root => $"root {Tensor.FormatShape(root.Shape)} {root.Prior}", InputOp => "input", { } other => $"{other}" };
        string precision = $"{node.Precision.IsLearned} {node.Precision.Sharing} {string.Join(' ', node.Precision.Initial.Select(static p => $"{p:R}"))}";
        return $"{node} | {op} | of {string.Join(' ', node.Of)} | vertex {node.IsVertex} | owner {node.Owner} | {precision}";
    }

    private static string Describe(ParameterInfo p) => $"{p.Name} {Tensor.FormatShape(p.Shape)} {p.Role} {p.Owner} {p.FanIn} {p.FanOut}";
}
