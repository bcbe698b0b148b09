using PcKernels.Execution.Cpu;
using PcKernels.Execution.Kernels;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Execution;

/// <summary>The processors of this machine, in managed code with vector instructions.</summary>
/// <remarks>Safe to share between threads; its sessions are not.</remarks>
public sealed class CpuDevice : Device
{
    internal const int MostThreads = 1024;

    /// <summary>Makes the device.</summary>
    /// <param name="threads">Workers, ≥ 1; 0 for all processors. The results do not depend on it.</param>
    /// <exception cref="InputException">The number is negative or above 1024.</exception>
    public CpuDevice(int threads = 0)
    {
        if (threads is < 0 or > MostThreads) throw new InputException($"--threads {threads}: must be 0 (all processors) to {MostThreads}");
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <summary>Workers.</summary>
    public int Threads { get; }

    /// <summary>Bits of the vectors that the kernels use: 128, 256 or 512.</summary>
    public static int VectorBits => CpuKernels<float>.Best.Bits;

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description => $"{Threads} {(Threads == 1 ? "thread" : "threads")}, vectors of {VectorBits} bits";

    /// <inheritdoc/>
    public override bool KnowsDualForm => true;

    /// <inheritdoc/>
    public override bool ReadsSamples => true;

    /// <inheritdoc/>
    public override DeviceSession Open(ParameterLayout layout, DType dtype)
    {
        ArgumentNullException.ThrowIfNull(layout);
        return dtype switch
        {
            DType.F32 => new CpuSession<float>(layout, Threads),
            DType.F64 => new CpuSession<double>(layout, Threads),
            _ => throw new InputException($"--dtype {dtype}: the cpu computes in f32 or f64"),
        };
    }
}
