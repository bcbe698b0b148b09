using PcKernels.Cli.Benchmarks;
using PcKernels.Planning;

namespace PcKernels.Bench;

/// <summary>The published measure of depth, products that must follow one another, beside what a batch takes.</summary>
internal static class CountTable
{
    private const double Seconds = 0.4;
    private const int Rounds = 10;

    /// <summary>Measures and prints.</summary>
    public static void Print()
    {
        int threads = Environment.ProcessorCount;
        BenchSetting[] settings =
        [
            .. from net in (string[])["a", "b", "c32"]
               from rule in (string[])["bp", "zil", "pc", "ipc", "pc random", "ipc random"]
               select BenchNets.Setting(net, rule, threads),
        ];
        Console.WriteLine($"sequential products (SMM) and products (MM) per update of the weights as published and as planned, without gradients, beside time; {threads} threads");
        Console.WriteLine($"{"net",-22} {"rule",-5} {"start",-12} {"SMM publ.",9} {"counted",8} {"MM publ.",9} {"counted",8} {"updates",8} {"waves",6} {"ms",9} {"us/update",10} {"us/wave",8}");
        foreach (BenchResult result in new BenchRun(Seconds, Rounds).Measure(settings, CancellationToken.None))
        {
            ProgramCounts counts = result.Counts;
            Planning.Program program = SingleWave.Plan(result.Setting);
            int waves = program.Phases.Sum(static p => p.Repeats * p.Waves.Count);
            double ms = result.Milliseconds.Median;
            Console.WriteLine($"{result.Setting.Net.Name,-22} {result.Setting.Options.Rule.Name,-5} {result.Setting.Start ?? "-",-12} {counts.Sequential.Published,9} {counts.Sequential.Counted,8} {counts.All.Published,9} {counts.All.Counted,8} " +
                $"{program.Updates,8} {waves,6} {ms,9:F4} {1e3 * ms / program.Updates,10:F2} {1e3 * ms / waves,8:F2}");
        }
    }
}
