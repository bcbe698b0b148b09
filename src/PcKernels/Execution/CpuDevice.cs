using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Execution;

/// <summary>The processors of this machine, in managed code with vector instructions.</summary>
public sealed class CpuDevice : Device
{
    /// <summary>Makes the device.</summary>
    /// <param name="threads">Workers, ≥ 1; 0 for all processors. The results do not depend on it.</param>
    /// <exception cref="InputException">The number is negative or above 1024.</exception>
    public CpuDevice(int threads = 0)
    {
        if (threads is < 0 or > 1024) throw new InputException($"--threads {threads}: must be 0 (all processors) to 1024");
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <summary>Workers.</summary>
    public int Threads { get; }

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description => $"{Threads} threads";

    /// <inheritdoc/>
    public override DeviceSession Open(ParameterLayout layout, DType dtype) => throw new InputException($"--dtype {dtype}: the cpu computes in f32 or f64");
}
