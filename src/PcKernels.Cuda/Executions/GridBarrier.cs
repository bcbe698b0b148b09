using System.Runtime.InteropServices;
using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Executions;

/// <summary>What a wait inside a kernel waited for; <c>WaitKind</c> of native/include/pck/grid_barrier.cuh.</summary>
internal enum WaitKind
{
    None, Grid, ValueBelow, SumAbove,
}

/// <summary>The first wait that was in vain; <c>Fault</c> of the same file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct DeviceFault(WaitKind Kind, int Block, int Step, int Want, int Have)
{
    private readonly int _reserved0 = 0, _reserved1 = 0, _reserved2 = 0;
}

/// <summary>The counter and the fault record of a cooperative launch, in device memory, and where the host reads the record.</summary>
internal sealed class GridBarrier(CudaContext context) : IDisposable
{
    private const int CounterWords = 8, FaultWords = 8;

    private readonly DeviceBuffer<int> _memory = DeviceBuffer<int>.Allocate(context, CounterWords + FaultWords);
    private readonly PinnedBuffer<int> _read = PinnedBuffer<int>.Allocate(context, FaultWords);

    /// <summary>Where it lies.</summary>
    public ulong Address => _memory.Span.Address;

    /// <summary>Where the fault record lies.</summary>
    public ulong FaultAddress => _memory.Span.Slice(CounterWords, FaultWords).Address;

    /// <summary>Queues zeroing; before the launch.</summary>
    public void Clear(CudaStream stream) => stream.Fill(_memory.Span, 0);

    /// <summary>Queues the copy of the record to the host; after the launch.</summary>
    public void Fetch(CudaStream stream) => stream.Copy(_memory.Span.Slice(CounterWords, FaultWords), _read);

    /// <summary>The record as it was fetched.</summary>
    public DeviceFault Fault => MemoryMarshal.Cast<int, DeviceFault>(_read.Span)[0];

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _read.Dispose();
    }
}
