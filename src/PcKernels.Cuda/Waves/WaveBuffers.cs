using PcKernels.Cuda.Interop;
using PcKernels.Planning;

namespace PcKernels.Cuda.Waves;

/// <summary>A program's tables in device memory, and the partial sums of its energies.</summary>
internal sealed class WaveBuffers : IDisposable
{
    /// <summary>Threads of a block of the wave and loop kernels.</summary>
    public const int Threads = 128;

    private readonly DeviceBuffer<DeviceTask> _tasks;
    private readonly DeviceBuffer<DeviceOperand> _operands;
    private readonly DeviceBuffer<DeviceTile> _tiles;
    private readonly DeviceBuffer<double> _partials;
    private readonly PinnedBuffer<double> _partialsRead;
    private readonly ulong _run;

    /// <summary>Copies the tables to the device.</summary>
    /// <param name="context">Where.</param>
    /// <param name="program">Whose they are.</param>
    /// <param name="table">The tables.</param>
    /// <param name="run">Where the kernels find RunNumbers.</param>
    public WaveBuffers(CudaContext context, Program program, WaveTable table, ulong run)
    {
        Table = table;
        _run = run;
        _tasks = DeviceBuffer<DeviceTask>.Of(context, OrOne(table.Tasks));
        _operands = DeviceBuffer<DeviceOperand>.Of(context, OrOne(table.Operands));
        _tiles = DeviceBuffer<DeviceTile>.Of(context, OrOne(table.Tiles));
        int partials = Math.Max(1, program.EnergyRows * table.Energies.Stride);
        _partials = DeviceBuffer<double>.Of(context, new double[partials]);
        _partialsRead = PinnedBuffer<double>.Allocate(context, partials);
    }

    /// <summary>The tables as the host made them.</summary>
    public WaveTable Table { get; }

    /// <summary>The partial sums of energies as they were fetched.</summary>
    public ReadOnlySpan<double> Partials => _partialsRead.Span;

    /// <summary>Where the kernels write them.</summary>
    public ulong PartialsAddress => _partials.Span.Address;

    /// <summary>Queues the copy of the partial sums to the host.</summary>
    public void Fetch(CudaStream stream) => stream.Copy(_partials.Span, _partialsRead);

    /// <summary>The argument of a wave's launch.</summary>
    public WaveParameters Parameters(in DeviceStage stage) => new()
    {
        Tiles = _tiles.Span.Slice(stage.FirstTile, stage.Tiles).Address,
        Tasks = _tasks.Span.Address,
        Operands = _operands.Span.Address,
        Run = _run,
        Energies = _partials.Span.Address,
        EnergyStride = Table.Energies.Stride,
        EnergyRow = stage.EnergyRow,
        Update = stage.Update,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _tasks.Dispose();
        _operands.Dispose();
        _tiles.Dispose();
        _partials.Dispose();
        _partialsRead.Dispose();
    }

    private static ReadOnlySpan<TItem> OrOne<TItem>(ReadOnlySpan<TItem> items) where TItem : unmanaged => items.Length > 0 ? items : new TItem[1];
}
