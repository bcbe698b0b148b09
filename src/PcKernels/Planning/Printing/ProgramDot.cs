using System.Globalization;
using System.Text;
using PcKernels.Graphs;
using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Printing;

/// <summary>Programs and graphs in Graphviz's language: <c>pck plan --show dot | dot -Tsvg</c>.</summary>
public static class ProgramDot
{
    /// <summary>A program: one cluster a wave, one node a task, one edge per buffer from the task that wrote it last to the one that reads it.</summary>
    public static string Write(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var dot = new StringBuilder("digraph program {\n  rankdir=TB; node [shape=box];\n");
        var writers = new Dictionary<int, string>();
        var edges = new List<string>();
        foreach ((int p, Phase phase) in program.Phases.Index())
        {
            Line(dot, $"  subgraph cluster_{p} {{ label=\"{Escape(phase.Name)}{(phase.Repeats > 1 ? $" × {phase.Repeats}" : "")}\";");
            foreach ((int w, Wave wave) in phase.Waves.Index())
            {
                Line(dot, $"    subgraph cluster_{p}_{w} {{ label=\"wave {w}\"; rank=same;");
                foreach ((int t, PlanTask task) in wave.Tasks.Index()) Line(dot, $"      t{p}_{w}_{t} [label=\"{Escape(task.Label)}\"];");
                dot.Append("    }\n");
                foreach ((int t, PlanTask task) in wave.Tasks.Index())
                {
                    foreach (PlanBuffer read in task.Reads.Distinct())
                        if (writers.TryGetValue(read.Id, out string? from) && from != $"t{p}_{w}_{t}") edges.Add($"  {from} -> t{p}_{w}_{t} [label=\"{Escape(read.Name)}\"];\n");
                }
                foreach ((int t, PlanTask task) in wave.Tasks.Index())
                    foreach (PlanBuffer written in task.Writes) writers[written.Id] = $"t{p}_{w}_{t}";
            }
            dot.Append("  }\n");
        }
        foreach (string edge in edges) dot.Append(edge);
        return dot.Append("}\n").ToString();
    }

    /// <summary>A graph: vertices round, links and inputs square, ranked by level, identity vertices of <see cref="Levelling"/> dotted.</summary>
    public static string Write(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var dot = new StringBuilder("digraph model {\n  rankdir=BT;\n");
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            Node node = graph.Nodes[i];
            string level = node.IsVertex ? $"\\nlevel {graph.LevelOf(i)}" : "";
            string style = node.Name.Contains('~', StringComparison.Ordinal) ? ", style=dotted" : "";
            Line(dot, $"  n{i} [label=\"{Escape(node.Name)}\\n{node.Op.Name} {Tensor.FormatShape(node.Shape)}{level}\", shape={(node.IsVertex ? "ellipse" : "box")}{style}];");
        }
        foreach (Node node in graph.Nodes)
            foreach (int below in node.Of) Line(dot, $"  n{below} -> n{node.Index};");
        foreach (IGrouping<int, Node> rank in graph.Vertices.GroupBy(v => graph.LevelOf(v.Index)))
            Line(dot, $"  {{ rank=same; {string.Join(" ", rank.Select(static v => $"n{v.Index};"))} }}");
        return dot.Append("}\n").ToString();
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
