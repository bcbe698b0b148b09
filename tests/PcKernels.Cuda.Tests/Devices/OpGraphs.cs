using PcKernels.Graphs;
using PcKernels.Tests.Rules;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>Graphs in which ops meet: shared parameters over images of several sizes, both forms, learned precisions of channels, tokens, attention between sequences of two lengths.</summary>
internal static class OpGraphs
{
    /// <summary>Images.</summary>
    public static Graph Images { get; } = ModelJson.Parse("""
        { "name": "images", "inputs": { "x": [4, 7, 6] }, "nodes": [
          { "name": "c1", "op": "conv2d", "of": ["x"], "channels": 6, "kernel": 3, "padding": 1, "groups": 2, "activation": "tanh", "precision": { "learn": true, "per": "unit", "initial": 1.5 } },
          { "name": "c2", "op": "conv2d", "of": ["c1"], "channels": 6, "kernel": 3, "padding": 1, "activation": "gelu", "form": "Wf(x)+b", "precision": { "learn": true, "per": "vertex", "initial": 0.8 } },
          { "name": "m", "op": "max_pool2d", "of": ["c2"], "kernel": 2, "stride": 1 },
          { "name": "c3", "op": "conv2d", "of": ["m"], "channels": 6, "kernel": 3, "padding": 1, "activation": "gelu", "form": "Wf(x)+b", "parameters": "c2" },
          { "name": "c4", "op": "conv2d", "of": ["c3"], "channels": 4, "kernel": 2, "stride": 2, "bias": false, "vertex": false },
          { "name": "a", "op": "adaptive_avg_pool2d", "of": ["c4"], "output_size": [2, 3] },
          { "name": "p", "op": "avg_pool2d", "of": ["c2"], "kernel": 3, "stride": 2 },
          { "name": "f1", "op": "flatten", "of": ["a"] },
          { "name": "f2", "op": "flatten", "of": ["p"] },
          { "name": "g", "op": "concat", "of": ["f1", "f2"] },
          { "name": "d", "op": "dropout", "of": ["g"], "p": 0.3 },
          { "name": "s", "op": "scale", "of": ["d"], "factor": 0.5 },
          { "name": "h", "op": "linear", "of": ["s"], "units": 8, "activation": "tanh" },
          { "name": "r", "op": "reshape", "of": ["h"], "shape": [2, 4] },
          { "name": "t", "op": "transpose", "of": ["r"], "dim0": 0, "dim1": 1 },
          { "name": "u", "op": "softmax", "of": ["t"], "dim": 0 },
          { "name": "y", "op": "linear", "of": ["u"], "units": 3 } ],
          "output": { "node": "y", "likelihood": "categorical" } }
        """);

    /// <summary>Images of so many places that the gradients of the few weights are cut into parts.</summary>
    public static Graph LargeImages { get; } = ModelJson.Parse("""
        { "name": "large images", "inputs": { "x": [2, 17, 16] }, "nodes": [
          { "name": "c1", "op": "conv2d", "of": ["x"], "channels": 4, "kernel": 3, "padding": 1, "groups": 2, "activation": "tanh" },
          { "name": "c2", "op": "conv2d", "of": ["c1"], "channels": 4, "kernel": 3, "padding": 1, "activation": "tanh" },
          { "name": "p", "op": "max_pool2d", "of": ["c2"], "kernel": 2 },
          { "name": "c3", "op": "conv2d", "of": ["p"], "channels": 4, "kernel": 3, "padding": 1, "activation": "tanh", "parameters": "c2" },
          { "name": "y", "op": "adaptive_avg_pool2d", "of": ["c3"], "output_size": 2 } ],
          "output": { "node": "y" } }
        """);

    /// <summary>Sequences.</summary>
    public static Graph Sequences { get; } = ModelJson.Parse("""
        { "name": "sequences", "inputs": { "tokens": [5] }, "nodes": [
          { "name": "e", "op": "embedding", "of": ["tokens"], "vocabulary": 7, "units": 6 },
          { "name": "some", "op": "slice", "of": ["tokens"], "dim": 0, "start": 1, "end": 4 },
          { "name": "e2", "op": "embedding", "of": ["some"], "vocabulary": 7, "units": 6, "parameters": "e" },
          { "name": "pos", "op": "positional", "of": ["e"] },
          { "name": "n1", "op": "layer_norm", "of": ["pos"] },
          { "name": "n2", "op": "layer_norm", "of": ["e2"], "parameters": "n1", "vertex": false },
          { "name": "q", "op": "linear", "of": ["n1"], "units": 6 },
          { "name": "k", "op": "linear", "of": ["n2"], "units": 6 },
          { "name": "v", "op": "linear", "of": ["n2"], "units": 6 },
          { "name": "across", "op": "attention", "of": ["q", "k", "v"], "heads": 2 },
          { "name": "self", "op": "attention", "of": ["n1", "n1", "q"], "heads": 3, "causal": true, "vertex": true },
          { "name": "w", "op": "multiply", "of": ["across", "self"] },
          { "name": "last", "op": "select", "of": ["w"], "dim": 0, "index": -1, "vertex": true },
          { "name": "z", "op": "linear", "of": ["w"], "units": 4 },
          { "name": "y", "op": "linear", "of": ["last"], "units": 3 } ],
          "output": [ { "node": "z", "likelihood": "categorical" }, { "node": "y" } ] }
        """);

    /// <summary>A graph whose categorical output is an op itself.</summary>
    /// <param name="shape">Of what it reads.</param>
    /// <param name="op">The op with its keys.</param>
    public static Graph Ending(string shape, string op) => ModelJson.Parse($$"""
        { "name": "ending", "inputs": { "x": [5] }, "nodes": [
          { "name": "h", "op": "linear", "of": ["x"], "units": 24, "activation": "tanh" },
          { "name": "s", "op": "reshape", "of": ["h"], "shape": {{shape}} },
          { "name": "y", {{op}} } ],
          "output": { "node": "y", "likelihood": "categorical" } }
        """);

    /// <summary>A batch of any of them, tokens where they are wanted.</summary>
    public static Dictionary<string, Tensor> Batch(Graph graph, int count, int seed)
    {
        Dictionary<string, Tensor> batch = RandomNet.Batch(graph, count, seed);
        var random = new Random(seed);
        foreach (Node input in graph.Inputs)
            if (graph.VocabularyOf(input) is { } vocabulary)
                batch[input.Name] = Tensor.From<float>([.. Enumerable.Range(0, count * input.Count).Select(_ => (float)random.Next(vocabulary))], [count, .. input.Shape]);
        return batch;
    }
}
