using PcKernels.Graphs;

namespace PcKernels.Tests.Graphs;

/// <summary>A batch drawn by seed for any graph: inputs and Gaussian targets in ±1, categorical targets one-hot.</summary>
internal static class RandomBatch
{
    public static Dictionary<string, Tensor> Make(Graph graph, int count, int seed)
    {
        var random = new Random(seed);
        var batch = new Dictionary<string, Tensor>();
        foreach (Node input in graph.Inputs) batch.Add(input.Name, Uniform(random, count, input));
        foreach (Output output in graph.Outputs)
        {
            Node node = graph.Nodes[output.Node];
            batch.Add(node.Name, output.Likelihood == Likelihood.Gaussian ? Uniform(random, count, node) : OneHot(random, count, node));
        }
        return batch;
    }

    private static Tensor Uniform(Random random, int count, Node node)
    {
        var values = new double[count * node.Count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(2 * random.NextDouble() - 1);
        return Tensor.From<double>(values, [count, .. node.Shape]);
    }

    private static Tensor OneHot(Random random, int count, Node node)
    {
        var values = new double[count * node.Count];
        for (int row = 0; row < values.Length; row += node.Columns) values[row + random.Next(node.Columns)] = 1;
        return Tensor.From<double>(values, [count, .. node.Shape]);
    }
}
