using System.Numerics;
using System.Runtime.CompilerServices;
using PcKernels.Cuda.Executions;
using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Resident;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Planning;

namespace PcKernels.Cuda;

/// <summary>A program on the device: its arena, the tables of its waves, and all work of a batch as one graph.</summary>
/// <remarks>What differs from run to run goes through device memory, so that the graphs are never changed. A run waits for its end.</remarks>
internal sealed class CudaProgram<T> : PreparedProgram where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int RunHeader = 4; // words of RunNumbers

    private readonly CudaSession<T> _session;
    private readonly DeviceArena<T> _arena;
    private readonly List<DeviceBuffer<byte>> _scratch = [];
    private readonly WaveTable _table;
    private readonly WaveBuffers _waves;
    private readonly BatchExecution _execution;
    private readonly DeviceBuffer<ulong> _run;
    private readonly PinnedBuffer<ulong> _runNumbers;
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
        _table = new WaveTable(program, Locate, Scratch, session.Choice, Unsafe.SizeOf<T>(), session.CublasFrom);
        _energies = new double[program.EnergyRows * program.EnergySlots.Count];
        _betas = Updates.Betas(program.Options.Optimizer);
        int words = RunHeader + (_betas == default ? 0 : 2 * program.Updates);
        _run = DeviceBuffer<ulong>.Allocate(context, words);
        _runNumbers = PinnedBuffer<ulong>.Allocate(context, words);
        _waves = new WaveBuffers(context, program, _table, _run.Span.Address);
        _execution = Choose();
        _execution.Prepare(session.Stream);
        _hasFirstBatch = program.Phases.Any(static p => p.OnlyFirstBatch);
    }

    /// <inheritdoc/>
    public override Program Program { get; }

    /// <inheritdoc/>
    public override ReadOnlySpan<double> Energies => _energies;

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
        _execution.Check();
        _table.Energies.Sum(_waves.Partials, _energies);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _first?.Dispose();
        _later?.Dispose();
        foreach (DeviceBuffer<byte> scratch in _scratch) scratch.Dispose();
        _execution.Dispose();
        _waves.Dispose();
        _run.Dispose();
        _runNumbers.Dispose();
        _arena.Dispose();
    }

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
        _execution.Record(stream, isFirstBatch);
        _waves.Fetch(stream);
        using CudaGraph graph = stream.EndCapture();
        return graph.Instantiate();
    }

    private BatchExecution Choose()
    {
        var plan = CudaExecutionPlan.Of(Program, _session.DType, _session.Limits, _session.Execution, _session.Math, _table, LoopBlocks, ResidentFit);
        return plan.Execution switch
        {
            CudaExecution.Resident when _session is CudaSession<float> single =>
                new ResidentExecution(single, single.ResidentKernel(ResidentSpecialisation.Of(Program, plan.Schedule!)), Program, plan.Schedule!, _waves, Locate, _run.Span.Address),
            CudaExecution.Cooperative => new CooperativeExecution(_session.Context, _session.LoopKernel, _waves, LoopBlocks()),
            _ => new WaveExecution(_table.HasOps ? _session.GraphKernel : _session.Kernel, _waves, _table.Products.Any() ? _session.Cublas : null),
        };
    }

    // The driver knows the kernels' registers.
    private int LoopBlocks() => _session.Limits.Multiprocessors * _session.LoopKernel.ResidentBlocks(WaveBuffers.Threads, 0);

    private (int Blocks, int SharedBytes) ResidentFit(ResidentSchedule schedule) => _session.ResidentKernel(ResidentSpecialisation.Of(Program, schedule)).Fit(_session.Limits);
}
