using System.Globalization;
using System.Xml.Linq;
using PcKernels.Graphs;
using PcKernels.Models;
using PcKernels.Planning;
using PcKernels.Planning.Printing;
using PcKernels.Tests.Graphs;

namespace PcKernels.Tests.Planning;

/// <summary>The picture of a levelled graph is XML that shows every vertex once, each edge from one column to the next.</summary>
public sealed class LevelSvgTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    public static TheoryData<string> Models => [.. ShippedModels.All.Select(static m => m.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_vertex_is_drawn_once(string model) => Check(ShippedModels.Find(model).ReadGraph());

    [Fact]
    public void Random_graphs_are_drawn()
    {
        for (int seed = 0; seed < 40; seed++) Check(RandomGraph.Make(seed));
    }

    private static void Check(Graph graph)
    {
        Graph levelled = Levelling.Apply(graph);
        XElement svg = XDocument.Parse(LevelSvg.Write(graph)).Root!;
        int identities = graph.IdentitiesToLevel().Select(static i => (i.From, i.Count)).GroupBy(static i => i.From).Sum(static g => g.Max(static i => i.Count));
        Assert.Equal(identities, svg.Elements(s_svg + "circle").Count());
        // One rectangle is the ground.
        Assert.Equal(graph.Vertices.Count + graph.Inputs.Count, svg.Elements(s_svg + "rect").Count() - 1);
        int[] edges = [.. svg.Elements(s_svg + "path").Select(static p => Length(p.Attribute("d")!.Value))];
        Assert.Equal(levelled.Vertices.Sum(v => levelled.SegmentOf(v.Index).Below.Count), edges.Length);
        // Only inputs, which stand still, are read over more than one column.
        int fromInputs = levelled.Vertices.Sum(v => levelled.SegmentOf(v.Index).Below.Count(i => levelled.Nodes[i].IsInput));
        Assert.InRange(edges.Count(e => e != edges.Min()), 0, fromInputs);
        Assert.All(edges, e => Assert.True(e > 0 && e % edges.Min() == 0));
    }

    // Mx y … x y, from left to right.
    private static int Length(string path)
    {
        string[] parts = path.Split(' ');
        return Number(parts[^2]) - Number(parts[0][1..]);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
