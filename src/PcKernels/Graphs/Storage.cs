using PcKernels.Graphs.Ops;

namespace PcKernels.Graphs;

/// <summary>
/// Decides how each value lies in memory: a row per position (linear layers and all that works on the last dimension), or for images a row per sample.
/// Nodes that work element by element lie as what they read and as what reads them; where both are wanted, positions win, since whatever works on images can gather them.
/// </summary>
internal static class Storage
{
    /// <summary>Sets <see cref="Node.HoldsSamples"/> and <see cref="Node.IsImage"/> of all nodes.</summary>
    public static void Arrange(IReadOnlyList<Node> nodes, IEnumerable<Output> outputs)
    {
        var group = new int[nodes.Count];
        for (int i = 0; i < group.Length; i++) group[i] = i;
        foreach (Node node in nodes.Where(static n => n.Op.Arrangement == Arrangement.Alike))
            foreach (int below in node.Of) group[Find(group, below)] = Find(group, node.Index);

        var image = new bool[nodes.Count];
        var position = new bool[nodes.Count];
        foreach (Node node in nodes.Where(static n => n.Op.Arrangement is Arrangement.Samples or Arrangement.Positions))
        {
            bool[] wanted = node.Op.Arrangement == Arrangement.Samples ? image : position;
            foreach (int member in node.Of.Append(node.Index)) wanted[Find(group, member)] = true;
        }
        foreach (Output output in outputs.Where(static o => o.Likelihood == Likelihood.Categorical)) position[Find(group, output.Node)] = true;
        foreach (Node node in nodes)
        {
            int root = Find(group, node.Index);
            node.IsImage = image[root];
            node.HoldsSamples = image[root] && !position[root];
        }
    }

    private static int Find(int[] group, int index)
    {
        while (group[index] != index) index = group[index] = group[group[index]];
        return index;
    }
}
