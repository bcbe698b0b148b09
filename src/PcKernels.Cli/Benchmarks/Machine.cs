using System.Runtime.InteropServices;
using PcKernels.Execution;

namespace PcKernels.Cli.Benchmarks;

/// <summary>Names the machine by its hardware, as every result file does.</summary>
internal static class Machine
{
    private const string ProcessorInfo = "/proc/cpuinfo";

    public static string Describe() =>
        $"{Processor()}, {Environment.ProcessorCount} processors, vectors of {CpuDevice.VectorBits} bits, {RuntimeInformation.FrameworkDescription}";

    private static string Processor()
    {
        string? named = File.Exists(ProcessorInfo) ? File.ReadLines(ProcessorInfo).FirstOrDefault(static l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return named is null ? RuntimeInformation.ProcessArchitecture.ToString() : named[(named.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
