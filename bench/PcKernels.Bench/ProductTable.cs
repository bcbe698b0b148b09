using System.Diagnostics;
using System.Runtime.Intrinsics;
using PcKernels.Execution;
using PcKernels.Execution.Kernels;

namespace PcKernels.Bench;

/// <summary>A quick table of the three products of a layer on one thread, against the measured peak of the core.</summary>
internal static class ProductTable
{
    private static readonly (int Batch, int Outputs, int Inputs)[] Shapes =
        [(20, 128, 784), (64, 256, 256), (64, 256, 784), (512, 512, 512), (20, 1024, 1024), (1, 1024, 1024)];

    /// <summary>Measures and prints; a number of bits as the first argument asks for one vector width.</summary>
    public static void Print(string[] arguments)
    {
        int[] widths = arguments.Length > 0 ? [int.Parse(arguments[0])] : Vector512.IsHardwareAccelerated ? [512, 256] : [CpuKernels<float>.Best.Bits];
        double peak = FmaPeak.Measure();
        Console.WriteLine($"peak of one core {peak:F1} GFLOP/s");
        Console.WriteLine("bits   batch x out x in      Dot           Outer, settle  Outer, learn   worst error");
        foreach ((int batch, int outputs, int inputs) in Shapes)
            foreach (int bits in widths)
            {
                CpuKernels<float> kernels = CpuKernels<float>.ForBits(bits);
                using var operands = new ProductOperands(batch, outputs, inputs);
                double worst = operands.WorstError(kernels);
                string row = string.Join("  ", new Action[]
                {
                    () => operands.Predict(kernels), () => operands.Settle(kernels), () => operands.Learn(kernels),
                }.Select(product =>
                {
                    double rate = operands.Flop / Best(product) / 1e9;
                    return $"{rate,6:F1} ({rate / peak,4:P0})";
                }));
                Console.WriteLine($"{bits,4}   {$"{batch}x{outputs}x{inputs}",-16}  {row}  {worst:g2}");
            }
    }

    private static double Best(Action product)
    {
        double best = double.MaxValue;
        long begin = Stopwatch.GetTimestamp();
        for (int run = 0; run < 20 || Stopwatch.GetElapsedTime(begin).TotalSeconds < 0.15; run++)
        {
            long start = Stopwatch.GetTimestamp();
            product();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}
