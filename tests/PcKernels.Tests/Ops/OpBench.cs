using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Tests.Rules.Oracle;
using PcKernels.Training;

namespace PcKernels.Tests.Ops;

/// <summary>One example of an op as a model: each input is a free vertex that starts at what the batch says, the op is the output.</summary>
internal sealed class OpBench
{
    private const int Count = 2;
    private readonly Random _random;

    public OpBench(OpExample example, int seed)
    {
        _random = new Random(seed);
        Example = example;
        var builder = new GraphBuilder(example.Op.Name);
        foreach ((int k, IReadOnlyList<int> shape) in example.Inputs.Index()) builder.Input($"u{k}", [.. shape]);
        string[] names = [.. example.Inputs.Select((_, k) => example.Op.ReadsIntegers ? $"u{k}" : $"x{k}")];
        if (!example.Op.ReadsIntegers) foreach ((int k, string name) in names.Index()) builder.Add(name, new ElementwiseOp(Activation.Identity), [$"u{k}"], vertex: true);
        Graph = builder.Add("y", example.Op, names).Output("y").Build();
        Parameters = Graph.Parameters.ToDictionary(static p => p.Name, p => Numbers((int)p.Count));
        Inputs = [.. example.Inputs.Select(shape => example.Op is EmbeddingOp e ? Tokens(Count * Size(shape), e.Vocabulary) : Numbers(Count * Size(shape)))];
        Target = Numbers(Count * Graph["y"].Count);
    }

    public OpExample Example { get; }

    public Graph Graph { get; }

    public Dictionary<string, double[]> Parameters { get; }

    public double[][] Inputs { get; }

    public double[] Target { get; }

    public static IEnumerable<OpExample> All => OpCatalog.All.SelectMany(static e => e.Examples).Where(static e => e.Inputs.Count > 0);

    public static TheoryData<string, int> Names()
    {
        var names = new TheoryData<string, int>();
        foreach (OpEntry entry in OpCatalog.All)
            for (int i = 0; i < entry.Examples.Count; i++)
                if (entry.Examples[i].Inputs.Count > 0) names.Add(entry.Name, i);
        return names;
    }

    /// <summary>Everything after no step (values at their start), and after one with γ = 1.</summary>
    public Dictionary<string, double[]> Run(int steps, DType dtype = DType.F64, int threads = 1, bool plain = false, Device? device = null)
    {
        var model = new Model(Graph);
        model.SetParameters(Graph.Parameters.ToDictionary(static p => p.Name, p => Tensor.From<double>(Parameters[p.Name], [.. p.Shape])));
        // With rate 0 nothing learns, and the gradients can be read.
        var options = new TrainingOptions { Rule = new PredictiveCoding { Steps = steps, Gamma = 1 }, Optimizer = new Sgd(0), DType = dtype, KeepGradients = true, FinalErrors = true, Plain = plain };
        using var trainer = new Trainer(model, options, device ?? new CpuDevice(threads));
        var batch = Example.Inputs.Select((shape, k) => ($"u{k}", Tensor.From<double>(Inputs[k], [Count, .. shape]))).ToDictionary();
        batch["y"] = Tensor.From<double>(Target, [Count, .. Graph["y"].Shape]);
        trainer.Step(batch);
        return Compare.Results(trainer);
    }

    /// <summary>F times the batch, summed over its samples, at the start.</summary>
    public double Energy() => Count * Run(0)["energy"].Sum();

    /// <summary>The op's values and, of ½ |target − y|² over the batch, the derivatives: as sums over the batch.</summary>
    public (double[] Value, double[][] Inputs, double[][] Parameters) Reference()
    {
        var value = new List<double>();
        double[][] below = [.. Inputs.Select(static i => new double[i.Length])], gradients = [.. Graph.Parameters.Select(p => new double[p.Count])];
        for (int b = 0; b < Count; b++)
        {
            var tape = new Tape(Rounding.None);
            Tracked[][] x = [.. Inputs.Select(i => tape.Variables(i[(b * i.Length / Count)..((b + 1) * i.Length / Count)]))];
            Tracked[][] p = [.. Graph.Parameters.Select(q => tape.Variables(Parameters[q.Name]))];
            Tracked[] y = OpReference.Forward(Example.Op, Example.Inputs, x, p);
            tape.Pull(y, [.. y.Select((v, i) => v.Value - Target[b * y.Length + i])]);
            value.AddRange(y.Select(static v => v.Value));
            for (int k = 0; k < x.Length; k++) foreach ((int i, Tracked v) in x[k].Index()) below[k][b * x[k].Length + i] = v.Adjoint;
            for (int k = 0; k < p.Length; k++) foreach ((int i, Tracked v) in p[k].Index()) gradients[k][i] += v.Adjoint;
        }
        return ([.. value], below, gradients);
    }

    private static int Size(IReadOnlyList<int> shape) => shape.Aggregate(1, static (a, b) => a * b);

    // On a grid that has no zero, each number once: nothing lies near a kink of relu or near another candidate for the largest.
    private double[] Numbers(int count)
    {
        double[] grid = [.. Enumerable.Range(0, count).Select(i => (i + 0.5) / count * 2 - 1)];
        _random.Shuffle(grid);
        return grid;
    }

    private double[] Tokens(int count, int vocabulary) => [.. Enumerable.Range(0, count).Select(_ => (double)_random.Next(vocabulary))];
}
