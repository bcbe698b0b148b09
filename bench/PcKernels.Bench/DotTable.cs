using System.Diagnostics;
using PcKernels.Execution.Kernels;

namespace PcKernels.Bench;

/// <summary>Predictions by vectors along the inputs beside those by vectors over the batch, in interleaved pairs on one thread, and which of the two the library takes.</summary>
internal static class DotTable
{
    private const int Pairs = 400;
    private const double LeastMicroseconds = 100;

    private static readonly (int Batch, int Outputs, int Inputs)[] Shapes =
        [(32, 64, 32), (32, 64, 64), (32, 64, 128), (64, 256, 256), (64, 256, 512), (64, 256, 784), (64, 512, 512), (32, 256, 512), (32, 1024, 1024), (64, 1024, 1024), (256, 1024, 1024), (20, 1024, 1024), (20, 128, 64), (20, 128, 128), (20, 128, 256), (8, 64, 64), (40, 64, 64), (64, 10, 64), (64, 10, 256)];

    /// <summary>Measures and prints.</summary>
    public static void Print()
    {
        CpuKernels<float> kernels = CpuKernels<float>.Best;
        Console.WriteLine($"vectors of {kernels.Bits} bits, 1 thread, {Pairs} interleaved pairs");
        Console.WriteLine("batch x out x in   along inputs over over the batch, median (middle half)   taken");
        foreach ((int batch, int outputs, int inputs) in Shapes)
        {
            using var operands = new ProductOperands(batch, outputs, inputs);
            double[] ratios = Ratios(() => operands.PredictByDot(kernels, 0, outputs), () => operands.PredictTransposed(kernels, 0, outputs));
            string taken = kernels.TransposesDot(batch, outputs, inputs) ? "over the batch" : "along inputs";
            Console.WriteLine($"{$"{batch}x{outputs}x{inputs}",-18} {ratios[Pairs / 2],6:F3} ({ratios[Pairs / 4]:F3} .. {ratios[Pairs * 3 / 4]:F3})   {taken}");
        }
    }

    private static double[] Ratios(Action one, Action other)
    {
        for (int i = 0; i < 200; i++)
        {
            one();
            other();
        }
        int runs = (int)Math.Ceiling(LeastMicroseconds / Math.Max(0.1, Microseconds(one, 20) / 20));
        var ratios = new double[Pairs];
        for (int pair = 0; pair < Pairs; pair++) ratios[pair] = Microseconds(one, runs) / Microseconds(other, runs);
        Array.Sort(ratios);
        return ratios;
    }

    private static double Microseconds(Action action, int runs)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs; i++) action();
        return Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
    }
}
