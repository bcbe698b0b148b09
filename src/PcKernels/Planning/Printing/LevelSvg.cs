using System.Globalization;
using System.Net;
using System.Text;
using PcKernels.Graphs;

namespace PcKernels.Planning.Printing;

/// <summary>The levelled graph of vertices as a picture (SVG): a column for each level, inputs on the left, outputs on the right. Identity vertices are the small circles; in Z-IL an error passes one column a step.</summary>
public static class LevelSvg
{
    private const int ColumnWidth = 150, RowHeight = 46, BoxWidth = 104, BoxHeight = 30, Radius = 5, Margin = 24, HeadHeight = 34, Sweeps = 4;

    /// <summary>Draws a graph after <see cref="Levelling"/>.</summary>
    /// <param name="graph">The graph, levelled or not.</param>
    /// <returns>One svg element.</returns>
    public static string Write(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Graph levelled = Levelling.Apply(graph);
        Node[][] columns = Order(levelled);
        int height = HeadHeight + columns.Max(static c => c.Length) * RowHeight + Margin;
        var places = new Dictionary<int, (int X, int Y)>();
        foreach ((int i, Node[] column) in columns.Index())
        {
            int top = HeadHeight + (height - HeadHeight - Margin - column.Length * RowHeight) / 2;
            foreach ((int row, Node node) in column.Index()) places[node.Index] = (Margin + BoxWidth / 2 + i * ColumnWidth, top + row * RowHeight + RowHeight / 2);
        }
        var svg = new StringBuilder();
        int width = 2 * Margin + BoxWidth + (columns.Length - 1) * ColumnWidth;
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\" text-anchor=\"middle\">");
        Line(svg, $"<title>{Escape(levelled.Name)}, levels {levelled.Depth} to 0</title>");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>");
        foreach ((int i, Node[] column) in columns.Index())
            Line(svg, $"<text x=\"{Margin + BoxWidth / 2 + i * ColumnWidth}\" y=\"20\" fill=\"#666\">{(i == 0 ? "inputs" : $"level {levelled.Depth + 1 - i}")}</text>");
        foreach (Node vertex in levelled.Vertices)
            foreach (int below in levelled.SegmentOf(vertex.Index).Below) DrawEdge(svg, places[below], places[vertex.Index]);
        foreach (Node node in columns.SelectMany(static c => c)) DrawNode(svg, node, places[node.Index], graph.Nodes.All(n => n.Name != node.Name));
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Inputs, then the levels from the largest; inside a column by the mean place of what is beside it, a few times over.</summary>
    private static Node[][] Order(Graph graph)
    {
        Node[][] columns = [[.. graph.Inputs], .. Enumerable.Range(0, graph.Depth + 1).Reverse().Select(level => graph.Vertices.Where(v => graph.LevelOf(v.Index) == level).ToArray())];
        var rank = new Dictionary<int, double>();
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            bool isUp = sweep % 2 == 0;
            foreach (Node[] column in isUp ? columns : [.. columns.Reverse()])
            {
                double Mean(Node node)
                {
                    double[] beside = [.. (isUp ? node.IsVertex ? graph.SegmentOf(node.Index).Below : [] : graph.Readers[node.Index]).Where(rank.ContainsKey).Select(i => rank[i])];
                    return beside.Length == 0 ? rank.GetValueOrDefault(node.Index) : beside.Average();
                }

                double[] means = [.. column.Select(Mean)];
                Array.Sort(means, column);
                foreach ((int i, Node node) in column.Index()) rank[node.Index] = (i + 0.5) / column.Length;
            }
        }
        return columns;
    }

    private static void DrawEdge(StringBuilder svg, (int X, int Y) from, (int X, int Y) to)
    {
        int bend = (from.X + to.X) / 2;
        Line(svg, $"<path d=\"M{from.X} {from.Y}C{bend} {from.Y} {bend} {to.Y} {to.X} {to.Y}\" fill=\"none\" stroke=\"#999\"/>");
    }

    private static void DrawNode(StringBuilder svg, Node node, (int X, int Y) at, bool isIdentity)
    {
        string name = Escape(node.Name);
        if (isIdentity)
        {
            Line(svg, $"<circle cx=\"{at.X}\" cy=\"{at.Y}\" r=\"{Radius}\" fill=\"white\" stroke=\"#999\"><title>{name}</title></circle>");
            return;
        }
        (int x, int y) = (at.X - BoxWidth / 2, at.Y - BoxHeight / 2);
        Line(svg, $"<rect x=\"{x}\" y=\"{y}\" width=\"{BoxWidth}\" height=\"{BoxHeight}\" rx=\"{(node.IsInput ? 0 : BoxHeight / 2)}\" fill=\"{(node.IsInput ? "#eee" : "#e7f0fb")}\" stroke=\"#456\"/>");
        Line(svg, $"<text x=\"{at.X}\" y=\"{at.Y - 2}\">{name}</text>");
        Line(svg, $"<text x=\"{at.X}\" y=\"{at.Y + 10}\" font-size=\"9\" fill=\"#666\">{Escape($"{node.Op.Name} {Tensor.FormatShape(node.Shape)}")}</text>");
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
