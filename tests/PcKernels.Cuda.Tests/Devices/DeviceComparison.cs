using PcKernels.Cuda.Tests.Interop;
using PcKernels.Cuda.Tests.Targets;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>Holds programs on a device against the CPU in f64; on the emulator with all checks fatal.</summary>
[Collection(nameof(OneEmulator))]
public abstract class DeviceComparison : IDisposable
{
    private readonly Nearness _nearness;

    /// <param name="dtype">The element type.</param>
    private protected DeviceComparison(DType dtype)
    {
        bool isDouble = dtype == DType.F64;
        Type = dtype;
        // Adam divides by the root of the second moment: where that is tiny, ε keeps a gradient's rounding from becoming a whole step.
        AdamEpsilon = isDouble ? 1e-8 : 1e-3;
        _nearness = isDouble ? new Nearness(1e-13, Math.Pow(2, -52)) : new Nearness(1e-5, Math.Pow(2, -23));
        Target = TestDevice.Of(GetType());
    }

    /// <summary>The element type.</summary>
    protected DType Type { get; }

    /// <summary>Adam's ε.</summary>
    protected double AdamEpsilon { get; }

    private protected TestDevice Target { get; }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => Target.Dispose();

    /// <summary>Everything readable after a batch.</summary>
    private protected TrainingOptions Options(Rule rule, Optimizer optimizer) => new() { Rule = rule, Optimizer = optimizer, DType = Type, KeepGradients = true, FinalErrors = true, Seed = 7 };

    /// <summary>Three batches, say, on the device and on the CPU.</summary>
    /// <param name="graph">What is trained.</param>
    /// <param name="options">How.</param>
    /// <param name="batches">On what.</param>
    /// <param name="shape">A tile shape to take wherever it can be.</param>
    /// <param name="place">What to call it.</param>
    /// <param name="alsoInOneLaunch">Whether one cooperative launch has to give the same bits; graphs with ops have none.</param>
    /// <param name="checks">Whether all checks are on and fatal, where there are checks.</param>
    private protected void Compared(Graph graph, TrainingOptions options, Dictionary<string, Tensor>[] batches, ShapeName? shape, string place, bool alsoInOneLaunch = true, bool checks = true)
    {
        if (checks) Target.CheckAll();
        Model model = RandomNet.Parameterise(graph, 5);
        TrainingOptions exactly = options with { DType = DType.F64 };
        using var exact = new Trainer(model, exactly, new CpuDevice(1));
        Trainer[] moved = [.. Nearness.Moves.Select(seed => new Trainer(Moved(model, seed), exactly, new CpuDevice(1)))];
        using var trainer = new Trainer(model, options, Target.Open(shape));
        using Trainer? loop = alsoInOneLaunch && Target.OpenCooperative(shape) is { } cooperative ? new Trainer(model, options, cooperative) : null;
        foreach ((int i, Dictionary<string, Tensor> batch) in batches.Index())
        {
            exact.Step(batch);
            foreach ((int k, Trainer one) in moved.Index()) one.Step(Moved(graph, batch, 100 * i + k));
            trainer.Step(batch);
            loop?.Step(batch);
            if (loop is not null) Compare.Same(Compare.Results(loop), Compare.Results(trainer), $"one launch against waves, batch {i}, {place}");
            _nearness.Check(Compare.Results(trainer), Compare.Results(exact), [.. moved.Select(static m => Compare.Results(m))], $"batch {i}, {place}");
        }
        foreach (Trainer one in moved) one.Dispose();
    }

    // Tokens stay what they are.
    private Dictionary<string, Tensor> Moved(Graph graph, Dictionary<string, Tensor> batch, int seed)
    {
        Dictionary<string, Tensor> moved = _nearness.Moved(batch, seed);
        foreach (Node input in graph.Inputs.Where(i => graph.VocabularyOf(i) is not null)) moved[input.Name] = batch[input.Name];
        return moved;
    }

    private Model Moved(Model model, int seed)
    {
        var moved = new Model(model.Graph);
        moved.SetParameters(_nearness.Moved(model.Parameters, seed));
        return moved;
    }
}
