using System.Numerics;
using System.Runtime.CompilerServices;
using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Planning;

namespace PcKernels.Cuda;

/// <summary>A program on the device: its arena, the tables of its waves, and all launches of a batch as one graph.</summary>
/// <remarks>What differs from run to run goes through device memory, so that the graphs are never changed. A run waits for its end.</remarks>
internal sealed class CudaProgram<T> : PreparedProgram where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Threads = 128;
    private const int RunHeader = 4; // words of RunNumbers

    private readonly CudaSession<T> _session;
    private readonly DeviceArena<T> _arena;
    private readonly List<DeviceBuffer<byte>> _scratch = [];
    private readonly WaveTable _table;
    private readonly DeviceBuffer<DeviceTask> _tasks;
    private readonly DeviceBuffer<DeviceOperand> _operands;
    private readonly DeviceBuffer<DeviceTile> _tiles;
    private readonly DeviceBuffer<ulong> _run;
    private readonly DeviceBuffer<double> _partials;
    private readonly PinnedBuffer<ulong> _runNumbers;
    private readonly PinnedBuffer<double> _partialsRead;
    private readonly double[] _energies;
    private readonly (double Beta1, double Beta2) _betas;
    private readonly bool _hasFirstBatch;
    private CudaGraphExec? _first, _later;

    public CudaProgram(CudaSession<T> session, Program program)
    {
        _session = session;
        Program = program;
        CudaContext context = session.Context;
        _arena = new DeviceArena<T>(session.Stream, context, program.ArenaLength);
        foreach (PlanBuffer buffer in program.Buffers)
            if (buffer.Constant is { } numbers) _arena.Write<double>(buffer, [.. numbers]);
        _table = new WaveTable(program, Locate, Scratch, session.Choice, Unsafe.SizeOf<T>());
        _tasks = DeviceBuffer<DeviceTask>.Of(context, OrOne(_table.Tasks));
        _operands = DeviceBuffer<DeviceOperand>.Of(context, OrOne(_table.Operands));
        _tiles = DeviceBuffer<DeviceTile>.Of(context, OrOne(_table.Tiles));
        _energies = new double[program.EnergyRows * program.EnergySlots.Count];
        int partials = Math.Max(1, program.EnergyRows * _table.Energies.Stride);
        _partials = DeviceBuffer<double>.Of(context, new double[partials]);
        _partialsRead = PinnedBuffer<double>.Allocate(context, partials);
        _betas = Updates.Betas(program.Options.Optimizer);
        int words = RunHeader + (_betas == default ? 0 : 2 * program.Updates);
        _run = DeviceBuffer<ulong>.Allocate(context, words);
        _runNumbers = PinnedBuffer<ulong>.Allocate(context, words);
        _hasFirstBatch = program.Phases.Any(static p => p.OnlyFirstBatch);
    }

    /// <inheritdoc/>
    public override Program Program { get; }

    /// <inheritdoc/>
    public override ReadOnlySpan<double> Energies => _energies;

    /// <summary>Launches of one batch.</summary>
    public int Launches => Program.Phases.Select((p, i) => p.Repeats * _table.Launches[i].Length).Sum();

    /// <inheritdoc/>
    public override void Write(PlanBuffer buffer, ReadOnlySpan<float> values) => _arena.Write(buffer, values);

    /// <inheritdoc/>
    public override void Write(PlanBuffer buffer, ReadOnlySpan<double> values) => _arena.Write(buffer, values);

    /// <inheritdoc/>
    public override void Read(PlanBuffer buffer, Span<double> values)
    {
        if (buffer.IsPersistent) _session.Read(buffer, values);
        else _arena.Read(buffer, values);
    }

    /// <inheritdoc/>
    public override void Read(PlanBuffer buffer, Span<float> values) => _arena.Read(buffer, values);

    /// <inheritdoc/>
    public override DeviceMemory Memory(PlanBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return Locate(buffer).Hand(buffer, _session.DType);
    }

    /// <inheritdoc/>
    public override void Run(in RunSettings settings)
    {
        try
        {
            _arena.Flush();
            SetNumbers(settings);
            bool isFirst = settings.IsFirstBatch || !_hasFirstBatch;
            CudaGraphExec graph = isFirst ? _first ??= Capture(true) : _later ??= Capture(false);
            graph.Launch(_session.Stream);
            _session.Stream.Synchronize();
        }
        catch (CudaException error)
        {
            throw new RunException(error.Message, error);
        }
        _table.Energies.Sum(_partialsRead.Span, _energies);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _first?.Dispose();
        _later?.Dispose();
        foreach (DeviceBuffer<byte> scratch in _scratch) scratch.Dispose();
        _tasks.Dispose();
        _operands.Dispose();
        _tiles.Dispose();
        _run.Dispose();
        _runNumbers.Dispose();
        _partials.Dispose();
        _partialsRead.Dispose();
        _arena.Dispose();
    }

    private static ReadOnlySpan<TItem> OrOne<TItem>(ReadOnlySpan<TItem> items) where TItem : unmanaged => items.Length > 0 ? items : new TItem[1];

    private DeviceView Locate(PlanBuffer? buffer) => buffer switch
    {
        null => default,
        { IsPersistent: true } => _session.Locate(buffer),
        _ => _arena.View(buffer),
    };

    private ulong Scratch(long bytes)
    {
        var made = DeviceBuffer<byte>.Of(_session.Context, new byte[checked((int)bytes)]);
        _scratch.Add(made);
        return made.Span.Address;
    }

    private void SetNumbers(in RunSettings settings)
    {
        Span<ulong> numbers = _runNumbers.Span;
        numbers[0] = BitConverter.DoubleToUInt64Bits(settings.LearningRateFactor);
        numbers[1] = settings.Seed;
        numbers[2] = (ulong)settings.Batch;
        numbers[3] = (ulong)settings.UpdatesBefore;
        for (int i = RunHeader; i < numbers.Length; i += 2)
        {
            long step = settings.UpdatesBefore + (i - RunHeader) / 2 + 1;
            numbers[i] = BitConverter.DoubleToUInt64Bits(1 - Math.Pow(_betas.Beta1, step));
            numbers[i + 1] = BitConverter.DoubleToUInt64Bits(1 - Math.Pow(_betas.Beta2, step));
        }
    }

    private CudaGraphExec Capture(bool isFirstBatch)
    {
        CudaStream stream = _session.Stream;
        stream.BeginCapture();
        stream.Copy(_runNumbers, _run.Span);
        for (int p = 0; p < Program.Phases.Count; p++)
        {
            Phase phase = Program.Phases[p];
            if (phase.OnlyFirstBatch && !isFirstBatch) continue;
            for (int round = 0; round < phase.Repeats; round++)
                foreach (WaveLaunch launch in _table.Launches[p]) Launch(launch, phase, round);
        }
        stream.Copy(_partials.Span, _partialsRead);
        using CudaGraph graph = stream.EndCapture();
        return graph.Instantiate();
    }

    private void Launch(WaveLaunch launch, Phase phase, int round)
    {
        var parameters = new WaveParameters
        {
            Tiles = _tiles.Span.Slice(launch.FirstTile, launch.Tiles).Address,
            Tasks = _tasks.Span.Address,
            Operands = _operands.Span.Address,
            Run = _run.Span.Address,
            Energies = _partials.Span.Address,
            EnergyStride = _table.Energies.Stride,
            EnergyRow = phase.FirstStep + round * phase.StepsPerRound,
            Update = phase.FirstUpdate + round * phase.UpdatesPerRound,
        };
        _session.Stream.LaunchWith(_session.Kernel, new LaunchShape(launch.Tiles, Threads), parameters);
    }
}
