using System.Runtime.InteropServices;
using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Waves;

namespace PcKernels.Cuda.Executions;

/// <summary>The one argument of the loop kernel; <c>LoopParameters</c> of native/include/pck/wave/loop.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LoopParameters
{
    public WaveParameters Wave;
    public ulong Stages, Barrier;
    public int StageCount;
    public uint SpinLimit;
}

/// <summary>All waves of a batch in one cooperative launch.</summary>
internal sealed class CooperativeExecution : BatchExecution
{
    /// <summary>How often a block looks for the others before it gives up: of the order of a minute.</summary>
    public const uint SpinLimit = 1 << 26;

    private readonly CudaFunction _kernel;
    private readonly WaveBuffers _tables;
    private readonly int _capacity;
    private readonly GridBarrier _barrier;
    private readonly DeviceBuffer<DeviceStage> _first, _later;

    /// <summary>Lays the stages out.</summary>
    /// <param name="context">Where.</param>
    /// <param name="kernel">The loop kernel.</param>
    /// <param name="tables">What it reads.</param>
    /// <param name="capacity">Blocks that are resident at once.</param>
    public CooperativeExecution(CudaContext context, CudaFunction kernel, WaveBuffers tables, int capacity)
    {
        (_kernel, _tables, _capacity) = (kernel, tables, capacity);
        _barrier = new GridBarrier(context);
        _first = DeviceBuffer<DeviceStage>.Of(context, [.. tables.Table.Stages(true)]);
        _later = DeviceBuffer<DeviceStage>.Of(context, [.. tables.Table.Stages(false)]);
    }

    /// <inheritdoc/>
    public override void Record(CudaStream stream, bool isFirstBatch)
    {
        DeviceBuffer<DeviceStage> stages = isFirstBatch ? _first : _later;
        var parameters = new LoopParameters
        {
            Wave = _tables.Parameters(default),
            Stages = stages.Span.Address,
            Barrier = _barrier.Address,
            StageCount = checked((int)stages.Span.Length),
            SpinLimit = SpinLimit,
        };
        _barrier.Clear(stream);
        int blocks = Math.Min(_capacity, _tables.Table.Stages(isFirstBatch).Max(static s => s.Tiles));
        stream.LaunchWith(_kernel, new LaunchShape(blocks, WaveBuffers.Threads, IsCooperative: true), parameters);
        _barrier.Fetch(stream);
    }

    /// <inheritdoc/>
    public override void Check()
    {
        DeviceFault fault = _barrier.Fault;
        if (fault.Kind != WaitKind.None)
            throw new RunException($"the cooperative loop hangs: block {fault.Block} waited before stage {fault.Step} for {fault.Want} arrivals and saw {fault.Have}; run with --execution waves, and report it with the model and the options");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _barrier.Dispose();
        _first.Dispose();
        _later.Dispose();
    }
}
