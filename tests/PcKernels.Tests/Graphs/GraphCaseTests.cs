using System.Text.Json;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Tests.Graphs;

/// <summary>Segments, readers, levels and identity vertices against a published case and by hand.</summary>
public sealed class GraphCaseTests
{
    private static readonly string s_case = Path.Combine(AppContext.BaseDirectory, "cases", "graph", "residual_mlp");

    private static Graph Residual => ModelJson.Load(Path.Combine(s_case, "model.json"));

    public static TheoryData<string> Cases => new(Directory.GetDirectories(Path.GetDirectoryName(s_case)!).Select(static d => Path.GetFileName(d)!).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Levels_and_identities_are_the_published_ones(string name)
    {
        string folder = Path.Combine(Path.GetDirectoryName(s_case)!, name);
        Graph graph = ModelJson.Load(Path.Combine(folder, "model.json"));
        using JsonDocument runs = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "runs.json")));
        var levels = runs.RootElement.GetProperty("levels").EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value.GetInt32());
        Assert.Equal(levels.OrderBy(static p => p.Key), graph.Vertices.ToDictionary(static v => v.Name, v => graph.LevelOf(v.Index)).OrderBy(static p => p.Key));
        IEnumerable<(string?, string?, int)> identities = runs.RootElement.GetProperty("identities").EnumerateArray()
            .Select(static e => (e.GetProperty("from").GetString(), e.GetProperty("to").GetString(), e.GetProperty("count").GetInt32()));
        Assert.Equal(identities.Order(), graph.IdentitiesToLevel().Select(e => ((string?)graph.Nodes[e.From].Name, (string?)graph.Nodes[e.To].Name, e.Count)).Order());
    }

    [Theory]
    [InlineData("l1", "", "x")]
    [InlineData("l2", "", "l1")]
    [InlineData("l3", "r1", "l1 l2")]
    [InlineData("p", "", "x")]
    [InlineData("l4", "r2", "l1 l3 p")]
    [InlineData("y", "r1 r3", "x l1 l2 l4")]
    public void A_segment_holds_the_links_below_its_vertex(string vertex, string links, string below)
    {
        Graph graph = Residual;
        Segment segment = graph.SegmentOf(graph[vertex].Index);
        Assert.Equal(links, string.Join(' ', segment.Links.Select(i => graph.Nodes[i].Name)));
        Assert.Equal(below, string.Join(' ', segment.Below.Select(i => graph.Nodes[i].Name)));
    }

    [Theory]
    [InlineData("x", "l1 p y")]
    [InlineData("l1", "l2 l3 l4 y")]
    [InlineData("r1", "")]
    [InlineData("p", "l4")]
    [InlineData("y", "")]
    public void Readers_are_the_vertices_whose_segments_read_a_node(string node, string readers)
    {
        Graph graph = Residual;
        Assert.Equal(readers, string.Join(' ', graph.Readers[graph[node].Index].Select(i => graph.Nodes[i].Name)));
    }

    [Fact]
    public void A_levelled_graph_has_one_length_from_every_vertex_and_the_same_parameters()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            Graph graph = RandomGraph.Make(seed), levelled = Levelling.Apply(graph);
            Assert.Empty(levelled.IdentitiesToLevel());
            Assert.Equal(graph.Parameters.Select(static p => p.Name).Order(), levelled.Parameters.Select(static p => p.Name).Order());
            foreach (Node vertex in graph.Vertices) Assert.Equal(graph.LevelOf(vertex.Index), levelled.LevelOf(levelled[vertex.Name].Index));
        }
    }

    [Fact]
    public void Module_paths_name_nodes_and_their_parameters()
    {
        Graph graph = ModelJson.Parse("""
            {"inputs":{"x":[3]},"nodes":[
              {"name":"0","op":"linear","of":["x"],"units":4},
              {"name":"layer1.0.fc","op":"linear","of":["0"],"units":2,"bias":false,"precision":{"learn":true,"per":"unit"}},
              {"name":"net.2","op":"linear","of":["layer1.0.fc"],"units":1}],
             "output":{"node":"net.2"}}
            """);
        Assert.Equal(["0.weight", "0.bias", "layer1.0.fc.weight", "layer1.0.fc.log_variance", "net.2.weight", "net.2.bias"], graph.Parameters.Select(static p => p.Name));
        Assert.Equal("[4, 3] [4] [2, 4] [2] [1, 2] [1]", string.Join(' ', graph.Parameters.Select(static p => Tensor.FormatShape(p.Shape))));
    }

    [Fact]
    public void A_name_that_is_no_node_is_answered_with_the_nearest() =>
        Assert.Equal("model 'residual_mlp' has no node 'L5'; known: l1, l2, l3, l4, p, r1, r2, r3, x, y",
            Assert.Throws<InputException>(static () => Residual["L5"]).Message);

    [Fact]
    public void A_link_has_no_segment() => Assert.Throws<ArgumentException>(static () => Residual.SegmentOf(Residual["r1"].Index));
}
