using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>Runs a trainer over batches and says what it left behind.</summary>
internal static class Runs
{
    /// <summary>SGD with rate 0: nothing learns, and the gradients can be read.</summary>
    public static TrainingOptions Looking { get; } = new() { Optimizer = new Sgd(0), DType = DType.F64, KeepGradients = true, FinalErrors = true };

    /// <summary>Everything readable after each of the batches.</summary>
    public static Dictionary<string, double[]>[] Of(Model model, TrainingOptions options, IEnumerable<IReadOnlyDictionary<string, Tensor>> batches, int threads = 1)
    {
        using var trainer = new Trainer(model, options, new CpuDevice(threads));
        return [.. batches.Select(batch =>
        {
            trainer.Step(batch);
            return Compare.Results(trainer);
        })];
    }

    /// <summary>Everything readable after one batch.</summary>
    public static Dictionary<string, double[]> Of(Model model, TrainingOptions options, IReadOnlyDictionary<string, Tensor> batch) => Of(model, options, [batch])[0];

    /// <summary>Several batches of one net; the last is smaller.</summary>
    public static Dictionary<string, Tensor>[] Batches(Draw draw, Graph graph, bool givesStarts = false)
    {
        int count = draw.Random("batch").Next(1, 10);
        return [.. new[] { count, count, (count + 1) / 2 }.Select((size, i) => RandomNet.Batch(graph, size, unchecked(draw.Seed + i), givesStarts))];
    }
}
