using System.Diagnostics;
using PcKernels.Execution;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Bench;

/// <summary>The planner's cost model beside measured time: whole batches, one thread, f32.</summary>
internal static class CostTable
{
    private const int WarmUp = 100, Runs = 100;
    private const double Microseconds = 1e6;

    private static readonly (string Name, int Inputs, int[] Hidden, int Outputs, int Batch)[] Nets =
    [
        ("784-128-128-10, B 20", 784, [128, 128], 10, 20),
        ("784-8×256-10, B 64", 784, [.. Enumerable.Repeat(256, 8)], 10, 64),
        ("32 layers 64×64, B 32", 64, [.. Enumerable.Repeat(64, 31)], 64, 32),
        ("784-2×1024-10, B 1", 784, [1024, 1024], 10, 1),
        ("64-128-128-10, B 64", 64, [128, 128], 10, 64),
    ];

    public static void Print()
    {
        Console.WriteLine($"cost model {CostModel.Processor.Describe()}; microseconds a batch on one thread, least of {Runs} after {WarmUp}, T = 8, SGD");
        Console.WriteLine($"{"net",-24} {"rule",-5} {"start",-12} {"dual",-7} {"model",10} {"measured",10} {"ratio",7}");
        foreach ((string name, int inputs, int[] hidden, int outputs, int batch) in Nets)
            foreach (ValueStart start in new[] { ValueStart.Feedforward, ValueStart.Random })
                foreach (Rule rule in Rules(start))
                    foreach (DualForm dual in rule is IncrementalPredictiveCoding ? new[] { DualForm.Never, DualForm.Always } : [DualForm.Never])
                    {
                        using var trainer = new Trainer(Model.Mlp(inputs, hidden, outputs), new TrainingOptions { Rule = rule, Optimizer = new Sgd(1e-4), Dual = dual }, new CpuDevice(1));
                        double model = CostModel.Processor.Seconds(trainer.Plan(batch)) * Microseconds, measured = Measure(trainer, inputs, outputs, batch);
                        Console.WriteLine($"{name,-24} {rule.Name,-5} {start.ToString().ToLowerInvariant(),-12} {dual.ToString().ToLowerInvariant(),-7} {model,10:F1} {measured,10:F1} {measured / model,7:F2}");
                    }
    }

    private static IEnumerable<Rule> Rules(ValueStart start)
    {
        if (start == ValueStart.Feedforward) yield return new Backpropagation();
        yield return new PredictiveCoding { Steps = 8, Gamma = 0.1, Start = start };
        yield return new IncrementalPredictiveCoding { Steps = 8, Gamma = 0.1, Start = start };
    }

    private static double Measure(Trainer trainer, int inputs, int outputs, int batch)
    {
        var random = new Random(1);
        float[] x = [.. Enumerable.Range(0, batch * inputs).Select(_ => random.NextSingle())], y = new float[batch * outputs];
        for (int b = 0; b < batch; b++) y[b * outputs + random.Next(outputs)] = 1;
        for (int i = 0; i < WarmUp; i++) trainer.Step(x, y, batch);
        double least = double.PositiveInfinity;
        for (int i = 0; i < Runs; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            trainer.Step(x, y, batch);
            least = Math.Min(least, Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
        }
        return least;
    }
}
