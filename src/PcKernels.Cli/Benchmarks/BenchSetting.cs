using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Cli.Benchmarks;

/// <summary>One thing to be timed: a batch of a net under a rule, on a number of workers.</summary>
/// <param name="Net">The net.</param>
/// <param name="Batch">B.</param>
/// <param name="Options">Rule, optimiser, savings on or off.</param>
/// <param name="Threads">Workers of the CPU, ≥ 1; 0 on another device.</param>
/// <param name="Other">The device, where it is not the CPU.</param>
internal sealed record BenchSetting(BenchNet Net, int Batch, TrainingOptions Options, int Threads, Device? Other = null)
{
    /// <summary>Where it runs.</summary>
    public Device Device => Other ?? new CpuDevice(Threads);

    /// <summary>T, or null for a rule without steps of its own.</summary>
    public int? Steps => Options.Rule switch
    {
        PredictiveCoding pc => pc.Steps,
        IncrementalPredictiveCoding ipc => ipc.Steps,
        FixedPrediction fpa => fpa.Steps,
        _ => null,
    };

    /// <summary>Where values start, as the command line calls it; null for a rule without the choice.</summary>
    public string? Start => Options.Rule switch
    {
        PredictiveCoding pc => pc.Start.ToString().ToLowerInvariant(),
        IncrementalPredictiveCoding ipc => ipc.Start.ToString().ToLowerInvariant(),
        _ => null,
    };

    /// <summary>Weight layers on the longest way from an input to an output.</summary>
    public int Layers => Net.Model.Graph.Depth + 1;

    /// <summary>The most values that a vertex has.</summary>
    public int Width => Net.Model.Graph.Vertices.Max(static v => v.Count);

    /// <summary>The same inputs and targets in every run and every program that wants to compare: input i of the batch is the fraction of i/φ in 24 bits, tokens are that fraction of the vocabulary; target b is one-hot at b modulo the outputs, for sequences counted over all positions.</summary>
    public (float[] Inputs, float[] Targets) Data()
    {
        // 2³²/φ: Weyl's sequence fills [0, 1) evenly and needs no generator.
        const uint stride = 2654435769;
        Graph graph = Net.Model.Graph;
        int inputs = graph.Inputs.Sum(static n => n.Count), outputs = graph.Outputs.Sum(o => graph.Nodes[o.Node].Count);
        var x = new float[checked(Batch * inputs)];
        var y = new float[checked(Batch * outputs)];
        for (int i = 0; i < x.Length; i++) x[i] = (unchecked((uint)i * stride) >> 8) / 16777216f;
        if (graph.Inputs.Count == 1 && graph.VocabularyOf(graph.Inputs[0]) is int vocabulary)
            for (int i = 0; i < x.Length; i++) x[i] = MathF.Floor(x[i] * vocabulary);
        int classes = graph.Outputs.Count == 1 ? graph.Nodes[graph.Outputs[0].Node].Shape.LastOrDefault(1) : outputs, positions = outputs / classes;
        for (int row = 0; row < Batch * positions; row++) y[row * classes + row % classes] = 1;
        return (x, y);
    }
}
