using PcKernels.Graphs.Ops;

namespace PcKernels.Graphs;

/// <summary>Follows integers (tokens) from what reads them down to inputs of the model.</summary>
internal static class IntegerInputs
{
    /// <summary>For each input that an embedding reads: the numbers that it may hold, 0 to less than this.</summary>
    /// <exception cref="InputException">An embedding reads what is not whole numbers of an input; the message names both and what to do.</exception>
    public static Dictionary<int, int> Find(IReadOnlyList<Node> nodes)
    {
        var limits = new Dictionary<int, int>();
        foreach (Node node in nodes.Where(static n => n.Op.ReadsIntegers))
        {
            int limit = ((EmbeddingOp)node.Op).Vocabulary;
            foreach (int input in InputsOf(nodes, node)) limits[input] = Math.Min(limit, limits.GetValueOrDefault(input, int.MaxValue));
        }
        return limits;
    }

    private static IEnumerable<int> InputsOf(IReadOnlyList<Node> nodes, Node reader)
    {
        var open = new Stack<int>(reader.Of);
        while (open.TryPop(out int index))
        {
            Node node = nodes[index];
            if (node.IsInput) yield return index;
            else if (node.IsVertex || node.Op is not RearrangeOp)
                throw new InputException($"node '{reader.Name}': {reader.Op.Name} reads whole numbers, and '{node.Name}' {(node.IsVertex ? "is a vertex" : $"is {node.Op.Name}")}; let it read an input, or a select, slice, reshape or concat of inputs");
            else foreach (int below in node.Of) open.Push(below);
        }
    }
}
