using System.Diagnostics;
using System.Runtime.Intrinsics;
using PcKernels.Execution;
using PcKernels.Execution.Kernels;

namespace PcKernels.Bench;

/// <summary>A quick table of the three products of a layer on one thread and on all processors, against their measured peak.</summary>
internal static class ProductTable
{
    private static readonly (int Batch, int Outputs, int Inputs)[] Shapes =
        [(20, 128, 784), (64, 256, 256), (64, 256, 784), (512, 512, 512), (20, 1024, 1024), (256, 1024, 1024), (1, 1024, 1024)];

    /// <summary>Measures and prints; a number of bits as the first argument asks for one vector width.</summary>
    public static void Print(string[] arguments)
    {
        int[] widths = arguments.Length > 0 ? [int.Parse(arguments[0])] : Vector512.IsHardwareAccelerated ? [512, 256] : [CpuKernels<float>.Best.Bits];
        foreach (int threads in Environment.ProcessorCount > 1 ? new[] { 1, Environment.ProcessorCount } : [1])
        {
            using var pool = new WorkerPool(threads);
            double peak = FmaPeak.Measure(threads);
            Console.WriteLine($"{threads} {(threads == 1 ? "thread" : "threads")}, peak {peak:F1} GFLOP/s, matrices as the library lays them out");
            Console.WriteLine("bits   batch x out x in      Dot           Outer, settle  Outer, learn   worst error");
            foreach ((int batch, int outputs, int inputs) in Shapes)
                foreach (int bits in widths) Console.WriteLine(Row(CpuKernels<float>.ForBits(bits), pool, peak, batch, outputs, inputs));
        }
    }

    private static string Row(CpuKernels<float> kernels, WorkerPool pool, double peak, int batch, int outputs, int inputs)
    {
        using var operands = new ProductOperands(batch, outputs, inputs);
        double worst = operands.WorstError(kernels);
        Action<int>[] products =
        [
            w => operands.Predict(kernels, w, pool.Threads), w => operands.Settle(kernels, w, pool.Threads), w => operands.Learn(kernels, w, pool.Threads),
        ];
        string rates = string.Join("  ", products.Select(product =>
        {
            var work = new Shared(product);
            double rate = operands.Flop / Best(() => pool.Run(work)) / 1e9;
            return $"{rate,6:F1} ({rate / peak,4:P0})";
        }));
        return $"{kernels.Bits,4}   {$"{batch}x{outputs}x{inputs}",-16}  {rates}  {worst:g2}";
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

    private sealed class Shared(Action<int> share) : IParallelWork
    {
        public void Execute(int worker) => share(worker);
    }
}
