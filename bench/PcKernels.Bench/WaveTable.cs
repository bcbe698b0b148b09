using System.Diagnostics;
using PcKernels.Cli.Benchmarks;
using PcKernels.Execution;

namespace PcKernels.Bench;

/// <summary>A quick table of the waves of a step with every error alive: each alone, beside its products at the measured peak.</summary>
internal static class WaveTable
{
    private const int Samples = 40, WarmUps = 20;

    /// <summary>Measures and prints; nets as arguments, else a, b and c32.</summary>
    public static void Print(string[] arguments)
    {
        Console.WriteLine($"microseconds of one wave and its barrier, of {Samples} samples of {SingleWave.Repeats} in a row; floor: its products at the measured peak");
        Console.WriteLine($"{"net",-22} {"rule",-11} {"threads",7} {"wave",4} {"tasks",5} {"kFLOP",9} {"median",9} {"least",9} {"floor",9} {"of peak",8}");
        foreach (int threads in Environment.ProcessorCount > 1 ? new[] { 1, 2 } : [1])
        {
            double peak = FmaPeak.Measure(threads);
            foreach (string net in arguments.Length > 0 ? arguments : ["a", "b", "c32"])
                foreach (string rule in (string[])["pc random", "ipc random"])
                {
                    BenchSetting setting = BenchNets.Setting(net, rule, threads);
                    int waves = SingleWave.Body(SingleWave.Plan(setting)).Waves.Count;
                    for (int wave = 0; wave < waves; wave++) Print(setting, rule, wave, peak);
                }
        }
    }

    private static void Print(BenchSetting setting, string rule, int index, double peak)
    {
        using var wave = new SingleWave(setting, index);
        var microseconds = new double[Samples];
        for (int sample = -WarmUps; sample < Samples; sample++)
        {
            long start = Stopwatch.GetTimestamp();
            wave.Run();
            if (sample >= 0) microseconds[sample] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / SingleWave.Repeats;
        }
        Spread spread = Spread.Of(microseconds);
        double floor = wave.Wave.Flop / peak / 1e3;
        Console.WriteLine($"{setting.Net.Name,-22} {rule,-11} {setting.Threads,7} {index,4} {wave.Wave.Tasks.Count,5} {wave.Wave.Flop / 1e3,9:F0} {spread.Median,9:F2} {spread.Least,9:F2} {floor,9:F2} {floor / spread.Median,8:P0}");
    }
}
