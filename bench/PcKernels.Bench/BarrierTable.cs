using System.Diagnostics;
using PcKernels.Cli.Benchmarks;
using PcKernels.Execution;

namespace PcKernels.Bench;

/// <summary>A quick table of what it costs workers to meet between two waves, and to be handed a run.</summary>
internal static class BarrierTable
{
    private const int Meetings = 20_000, Samples = 60, WarmUps = 10;

    /// <summary>Measures and prints; numbers of workers as arguments, else two up to one for each processor.</summary>
    public static void Print(string[] arguments)
    {
        int[] workers = arguments.Length > 0 ? [.. arguments.Select(int.Parse)] : [.. Enumerable.Range(2, Math.Max(1, Environment.ProcessorCount - 1))];
        Console.WriteLine($"nanoseconds, of {Samples} samples; a barrier is one of {Meetings} in a row, a run is handed over, done by all and ended");
        Console.WriteLine($"{"workers",-8} {"barrier: median",16} {"least",8} {"middle half",16}   {"run: median",12} {"least",8} {"middle half",16}");
        foreach (int threads in workers)
        {
            using var pool = new WorkerPool(threads);
            Spread barrier = Measure(pool, new BarrierWork(pool, Meetings), Meetings, 1), run = Measure(pool, new BarrierWork(pool, 0), 1000, 1000);
            Console.WriteLine($"{threads,-8} {barrier.Median,16:F0} {barrier.Least,8:F0} {$"{barrier.Lower:F0} .. {barrier.Upper:F0}",16}   {run.Median,12:F0} {run.Least,8:F0} {$"{run.Lower:F0} .. {run.Upper:F0}",16}");
        }
    }

    private static Spread Measure(WorkerPool pool, BarrierWork work, int parts, int runs)
    {
        var nanoseconds = new double[Samples];
        for (int sample = -WarmUps; sample < Samples; sample++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < runs; i++) pool.Run(work);
            if (sample >= 0) nanoseconds[sample] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / parts;
        }
        return Spread.Of(nanoseconds);
    }
}
