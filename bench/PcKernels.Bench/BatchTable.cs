using System.Diagnostics;
using System.Text.Json;
using PcKernels.Cli.Benchmarks;
using PcKernels.Execution;
using PcKernels.Training;

namespace PcKernels.Bench;

/// <summary>One net under one rule in a process of its own, for what is compared by the process: times of batches and peak memory.</summary>
internal static class BatchTable
{
    private const int WarmUps = 3, LeastBatches = 3, Threads = 2;

    /// <summary>Prints the milliseconds of batches as a JSON list; arguments are a net, a rule and seconds.</summary>
    public static void Print(string[] arguments)
    {
        BenchSetting setting = BenchNets.Setting(arguments[0], arguments[1], Math.Min(Threads, Environment.ProcessorCount));
        double seconds = double.Parse(arguments[2]);
        (float[] inputs, float[] targets) = setting.Data();
        using var trainer = new Trainer(setting.Net.Model, setting.Options, new CpuDevice(setting.Threads));
        for (int i = 0; i < WarmUps; i++) trainer.Step(inputs, targets, setting.Batch);
        var times = new List<double>();
        long begin = Stopwatch.GetTimestamp();
        while (times.Count < LeastBatches || Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds)
        {
            long start = Stopwatch.GetTimestamp();
            trainer.Step(inputs, targets, setting.Batch);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        Console.WriteLine(JsonSerializer.Serialize(times));
    }
}
