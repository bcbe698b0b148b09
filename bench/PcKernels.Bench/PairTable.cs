using System.Diagnostics;
using PcKernels.Cli.Benchmarks;
using PcKernels.Execution;
using PcKernels.Planning;
using PcKernels.Training;

namespace PcKernels.Bench;

/// <summary>Z-IL beside BP on the same net: pairs of batches in turn, so that whatever the machine does it does to both.</summary>
internal static class PairTable
{
    private const int LeastPairs = 200, WarmUps = 200, LeastBatches = 5, FewestPairs = 11;
    private const double SideMilliseconds = 4, ModelSeconds = 6, LongBatchSeconds = 0.05;

    private static readonly string[] Models = ["mlp@20", "alexnet@20", "rnn@20", "resnet18@20", "transformer@4"];

    /// <summary>Measures and prints; the number of pairs as the first argument, 400 unless told.</summary>
    public static void Print(string[] arguments)
    {
        int pairs = arguments.Length > 0 ? Math.Max(LeastPairs, int.Parse(arguments[0])) : 2 * LeastPairs;
        Console.WriteLine($"time of Z-IL over BP's: median of {pairs} interleaved pairs, each side some {SideMilliseconds} ms of batches, first side in turn; the interval holds the true median with 95 %");
        Console.WriteLine($"{"net",-22} {"threads",7} {"MM bp",6} {"zil",5} {"MFLOP bp",9} {"zil",8} {"ms bp",8} {"zil",8}   {"ratio",-7} interval");
        foreach (string net in (string[])["a", "b", "c32"])
            foreach (int threads in Environment.ProcessorCount > 1 ? new[] { 1, 2 } : [1])
            {
                using var bp = new Side(BenchNets.Setting(net, "bp", threads));
                using var zil = new Side(BenchNets.Setting(net, "zil", threads));
                Print(bp, zil, pairs, threads, null, WarmUps);
            }
    }

    /// <summary>The same for models that ship, with as many pairs as <see cref="ModelSeconds"/> allow; nets as arguments, <see cref="Models"/> unless told.</summary>
    public static void PrintModels(string[] nets)
    {
        Console.WriteLine($"time of Z-IL over BP's: median of interleaved pairs, first side in turn; the interval holds the true median with 95 %");
        Console.WriteLine($"{"net",-22} {"threads",7} {"MM bp",6} {"zil",5} {"MFLOP bp",9} {"zil",8} {"ms bp",8} {"zil",8}   {"ratio",-7} interval");
        foreach (string net in nets.Length > 0 ? nets : Models)
            foreach (int threads in Environment.ProcessorCount > 1 ? new[] { 1, 2 } : [1])
            {
                using var bp = new Side(BenchNets.Setting(net, "bp", threads));
                using var zil = new Side(BenchNets.Setting(net, "zil", threads));
                double once = 1e-3 * (bp.Run(1) + zil.Run(1));
                int batches = once < LongBatchSeconds ? LeastBatches : 1;
                int pairs = (int)Math.Clamp(ModelSeconds / (once * (batches + 1)), FewestPairs, LeastPairs);
                Print(bp, zil, pairs, threads, batches, pairs / 4);
            }
    }

    /// <summary>Ranks (from 0) of the two order statistics of n numbers between which the median lies with 95 %: the binomial's quantiles by the normal with a continuity correction.</summary>
    public static (int Low, int High) MedianRanks(int n)
    {
        const double z = 1.96;
        int low = Math.Max(0, (int)Math.Floor((n - z * Math.Sqrt(n)) / 2 - 0.5));
        return (low, n - 1 - low);
    }

    private static void Print(Side bp, Side zil, int pairs, int threads, int? batchesPerSide, int warmUps)
    {
        for (int i = 0; i < warmUps; i++)
        {
            bp.Run(1);
            zil.Run(1);
        }
        int batches = batchesPerSide ?? Math.Max(LeastBatches, (int)(SideMilliseconds / bp.Run(LeastBatches)));
        var ratios = new double[pairs];
        double[] first = new double[pairs], second = new double[pairs];
        GC.Collect();
        for (int i = 0; i < pairs; i++)
        {
            if (i % 2 == 0) first[i] = bp.Run(batches);
            second[i] = zil.Run(batches);
            if (i % 2 == 1) first[i] = bp.Run(batches);
            ratios[i] = second[i] / first[i];
        }
        double median = Spread.Of(ratios).Median;
        (int low, int high) = MedianRanks(pairs);
        Array.Sort(ratios);
        Console.WriteLine($"{bp.Setting.Net.Name,-22} {threads,7} {bp.Counts.All.WithGradients,6} {zil.Counts.All.WithGradients,5} {bp.Counts.Flop / 1e6,9:F2} {zil.Counts.Flop / 1e6,8:F2} " +
            $"{Spread.Of(first).Median,8:F4} {Spread.Of(second).Median,8:F4}   {median,-7:F4} {ratios[low]:F4} .. {ratios[high]:F4}  {pairs} pairs");
    }

    /// <summary>One rule with its batch.</summary>
    private sealed class Side : IDisposable
    {
        private readonly Trainer _trainer;
        private readonly float[] _inputs, _targets;

        public Side(BenchSetting setting)
        {
            Setting = setting;
            (_inputs, _targets) = setting.Data();
            _trainer = new Trainer(setting.Net.Model, setting.Options, new CpuDevice(setting.Threads));
            Counts = _trainer.Plan(setting.Batch).Counts;
        }

        public BenchSetting Setting { get; }

        public ProgramCounts Counts { get; }

        /// <summary>Milliseconds a batch.</summary>
        public double Run(int batches)
        {
            // The other side's workers have just gone to their wait, and this one's are to be fetched.
            for (int i = 0; i < batches; i += 5) _trainer.Step(_inputs, _targets, Setting.Batch);
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < batches; i++) _trainer.Step(_inputs, _targets, Setting.Batch);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds / batches;
        }

        public void Dispose() => _trainer.Dispose();
    }
}
