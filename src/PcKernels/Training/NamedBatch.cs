using System.Numerics;
using PcKernels.Graphs;

namespace PcKernels.Training;

/// <summary>A batch by name, checked against a graph.</summary>
internal sealed class NamedBatch
{
    private const string ValuePrefix = "value/";

    public NamedBatch(Graph graph, IReadOnlyDictionary<string, Tensor> batch)
    {
        Count = CountOf(batch);
        var known = new HashSet<string>();
        foreach (Node input in graph.Inputs)
        {
            Take(batch, input.Name, input, $"input/{input.Name}", known);
            if (graph.IntegerLimits.TryGetValue(input.Index, out int limit)) CheckIntegers<double>(input, batch[input.Name].ToDoubles(), limit);
        }
        foreach (Output output in graph.Outputs) Take(batch, graph.Nodes[output.Node].Name, graph.Nodes[output.Node], $"target/{graph.Nodes[output.Node].Name}", known);
        foreach (string name in batch.Keys.Where(static k => k.StartsWith(ValuePrefix, StringComparison.Ordinal)))
        {
            Node vertex = graph[name[ValuePrefix.Length..]];
            Take(batch, name, vertex, $"start/{vertex.Name}", known);
            GivenStarts.Add(vertex.Name);
        }
        string? extra = batch.Keys.FirstOrDefault(k => !known.Contains(k));
        if (extra is not null) throw new InputException($"batch: '{extra}' is no input, output or value/NODE of model '{graph.Name}'; {Suggestion.Of(extra, known)}");
    }

    /// <summary>B.</summary>
    public int Count { get; }

    /// <summary>Vertices whose starting values are given.</summary>
    public HashSet<string> GivenStarts { get; } = [];

    /// <summary>Tensors under the names that a program's results have.</summary>
    public List<(string Name, Tensor Tensor)> ByResult { get; } = [];

    /// <summary>Whole numbers from 0 to less than the vocabulary that reads them.</summary>
    /// <exception cref="InputException">One is not.</exception>
    public static void CheckIntegers<T>(Node input, ReadOnlySpan<T> values, int limit) where T : INumberBase<T>
    {
        for (int i = 0; i < values.Length; i++)
        {
            double value = double.CreateTruncating(values[i]);
            if (value != Math.Floor(value) || value < 0 || value >= limit)
                throw new InputException($"batch: '{input.Name}' holds {value} at element {i}; it needs whole numbers from 0 to {limit - 1}, the vocabulary that reads them");
        }
    }

    private static int CountOf(IReadOnlyDictionary<string, Tensor> batch)
    {
        if (batch.Count == 0) throw new InputException("batch: holds no tensor; it needs one per input and the target under the output's name");
        (string first, Tensor tensor) = batch.First();
        if (tensor.Shape.Count == 0) throw new InputException($"batch: '{first}' is a scalar; a batch's first dimension counts its samples");
        if (tensor.Shape[0] == 0) throw new InputException($"batch: '{first}' has no sample; a batch needs at least one");
        return tensor.Shape[0];
    }

    private void Take(IReadOnlyDictionary<string, Tensor> batch, string name, Node node, string result, HashSet<string> known)
    {
        if (!batch.TryGetValue(name, out Tensor? tensor))
            throw new InputException($"batch: has no '{name}' {Tensor.FormatShape([Count, .. node.Shape])}; {Suggestion.Of(name, batch.Keys, "it holds", "it is empty")}");
        known.Add(name);
        int[] wanted = [Count, .. node.Shape];
        if (!tensor.Shape.SequenceEqual(wanted))
            throw new InputException($"batch: '{name}' has shape {Tensor.FormatShape(tensor.Shape)}, the model needs {Tensor.FormatShape(wanted)}");
        double[] values = tensor.ToDoubles();
        int wrong = Array.FindIndex(values, static v => !double.IsFinite(v));
        if (wrong >= 0) throw new InputException($"batch: '{name}' holds {values[wrong]} at element {wrong}; batches must be finite");
        ByResult.Add((result, tensor));
    }
}
