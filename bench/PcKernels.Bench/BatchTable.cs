using System.Diagnostics;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Bench;

/// <summary>Time of one whole batch (feedforward start, T = 8 steps, SGD update; data resident) on three nets, tanh, f32. Results are checked against f64 before anything is timed.</summary>
internal static class BatchTable
{
    private const int WarmUp = 200, Runs = 300;
    private const double Rate = 0.001, Tolerance = 1e-4;

    private static readonly (string Name, int Inputs, int[] Hidden, int Outputs, int Batch)[] Nets =
    [
        ("a: 784-128-128-10, B 20", 784, [128, 128], 10, 20),
        ("b: 784-8×256-10, B 64", 784, [.. Enumerable.Repeat(256, 8)], 10, 64),
        ("c32: 32 layers 64×64, B 32", 64, [.. Enumerable.Repeat(64, 31)], 64, 32),
    ];

    /// <summary>Measures and prints.</summary>
    public static void Print()
    {
        Console.WriteLine($"milliseconds, median (least) of {Runs} batches after {WarmUp}");
        Console.WriteLine($"{"net",-28} {"rule",-4} {"start",-11} {"planned, 1 thread",-19} {"planned, 2 threads",-19} {"plain, 2 threads",-19} f32 against f64");
        foreach ((string name, int inputs, int[] hidden, int outputs, int batch) in Nets)
            foreach ((Rule rule, string start) in Rules())
            {
                Model model = Model.Mlp(inputs, hidden, outputs);
                (float[] x, float[] y) = Data(inputs, outputs, batch);
                double difference = Difference(model, rule, x, y, batch);
                if (difference > Tolerance) throw new InvalidOperationException($"{name}, {rule.Name}: f32 is {difference:g2} from f64, more than {Tolerance}; nothing is timed");
                string[] times = [.. new[] { (1, false), (2, false), (2, true) }.Select(s => Time(model, rule, x, y, batch, s.Item1, s.Item2))];
                Console.WriteLine($"{name,-28} {rule.Name,-4} {start,-11} {times[0],-19} {times[1],-19} {times[2],-19} {difference:g2}");
            }
    }

    private static IEnumerable<(Rule Rule, string Start)> Rules() =>
    [
        (new Backpropagation(), "–"),
        (new ZeroDivergence(), "–"),
        (new PredictiveCoding { Gamma = 0.1 }, "feedforward"),
        (new IncrementalPredictiveCoding { Gamma = 0.1 }, "feedforward"),
        (new PredictiveCoding { Gamma = 0.1, Start = ValueStart.Random }, "random"),
        (new IncrementalPredictiveCoding { Gamma = 0.1, Start = ValueStart.Random }, "random"),
    ];

    private static (float[] X, float[] Y) Data(int inputs, int outputs, int batch)
    {
        var random = new Random(1);
        var x = new float[batch * inputs];
        var y = new float[batch * outputs];
        for (int i = 0; i < x.Length; i++) x[i] = random.NextSingle();
        for (int i = 0; i < batch; i++) y[i * outputs + i % outputs] = 1;
        return (x, y);
    }

    private static TrainingOptions Options(Rule rule, DType dtype, bool plain) => new() { Rule = rule, Optimizer = new Sgd(Rate), DType = dtype, Plain = plain };

    private static string Time(Model model, Rule rule, float[] x, float[] y, int batch, int threads, bool plain)
    {
        using var trainer = new Trainer(model, Options(rule, DType.F32, plain), new CpuDevice(threads));
        for (int i = 0; i < WarmUp; i++) trainer.Step(x, y, batch);
        var times = new double[Runs];
        for (int i = 0; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            trainer.Step(x, y, batch);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        Array.Sort(times);
        return $"{times[Runs / 2]:F3} ({times[0]:F3})";
    }

    private static double Difference(Model model, Rule rule, float[] x, float[] y, int batch)
    {
        double[][] ends = [.. new[] { DType.F32, DType.F64 }.Select(dtype =>
        {
            using var trainer = new Trainer(model, Options(rule, dtype, false));
            trainer.Step(x, y, batch);
            return model.Graph.Parameters.SelectMany(p => trainer.Parameter(p.Name).ToDoubles()).ToArray();
        })];
        double squares = ends[0].Zip(ends[1], static (a, b) => (a - b) * (a - b)).Sum();
        return Math.Sqrt(squares / ends[1].Sum(static v => v * v));
    }
}
