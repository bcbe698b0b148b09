using System.Numerics;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;
using PcKernels.Training;

namespace PcKernels.Execution.Cpu;

/// <summary>A program in memory: every task located and cut into tiles that belong to workers. A run walks the waves with a barrier after each.</summary>
internal sealed unsafe class CpuProgram<T> : PreparedProgram, IParallelWork where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly CpuSession<T> _session;
    private readonly NativeArena _arena;
    private readonly NativeArena[] _scratch;
    private readonly CpuWave<T>[][] _waves;
    private readonly HashSet<PlanBuffer> _read;
    private readonly Dictionary<(PlanBuffer?, PlanBuffer?), CpuFeed<T>> _feeds = [];
    private RunSettings _settings;
    private (CpuFeed<T> Feed, ISampleBatch Batch)? _fed;

    public CpuProgram(CpuSession<T> session, Program program)
    {
        _session = session;
        Program = program;
        _arena = new NativeArena(program.ArenaLength * sizeof(T));
        Trace = new double[program.EnergyRows * program.EnergySlots.Count];
        WriteConstants();
        _read = [.. program.Phases.SelectMany(static p => p.Waves).SelectMany(static w => w.Tasks).SelectMany(static t => t.Reads), .. program.Results.Values];
        long scratch = 0;
        int workers = session.Pool.Threads;
        _waves = new CpuWave<T>[program.Phases.Count][];
        for (int p = 0; p < _waves.Length; p++)
        {
            _waves[p] = [.. program.Phases[p].Waves.Select(wave =>
            {
                CpuTask<T>[] tasks = [.. wave.Tasks.Select(Make)];
                scratch = Math.Max(scratch, tasks.Max(static t => t.ScratchLength));
                return new CpuWave<T>(tasks, workers);
            })];
        }
        _scratch = [.. Enumerable.Range(0, workers).Select(_ => new NativeArena(scratch * sizeof(T)))];
    }

    /// <inheritdoc/>
    public override Program Program { get; }

    /// <summary>The energies, written by tasks.</summary>
    public double[] Trace { get; }

    /// <inheritdoc/>
    public override ReadOnlySpan<double> Energies => Trace;

    /// <summary>Where a buffer lies; nothing for null.</summary>
    public Matrix<T> Locate(PlanBuffer? buffer) => buffer switch
    {
        null => default,
        { IsPersistent: true } => _session.Locate(buffer),
        _ => new Matrix<T>((nint)(_arena.Pointer<T>() + buffer.Offset), buffer.Rows, buffer.Columns, buffer.Stride),
    };

    /// <summary>Whether another task than the one that writes a buffer, or the host, ever reads it.</summary>
    public bool IsRead(PlanBuffer buffer) => _read.Contains(buffer);

    /// <inheritdoc/>
    public override void Write(PlanBuffer buffer, ReadOnlySpan<float> values) => Locate(buffer).Write(values, buffer);

    /// <inheritdoc/>
    public override void Write(PlanBuffer buffer, ReadOnlySpan<double> values) => Locate(buffer).Write(values, buffer);

    /// <inheritdoc/>
    public override void Read(PlanBuffer buffer, Span<double> values) => Locate(buffer).Read(values, buffer);

    /// <inheritdoc/>
    public override void Read(PlanBuffer buffer, Span<float> values) => Locate(buffer).Read(values, buffer);

    /// <inheritdoc/>
    public override void Run(in RunSettings settings, in SampleFeed feed)
    {
        if (!_feeds.TryGetValue((feed.Inputs, feed.Targets), out CpuFeed<T>? known))
            _feeds.Add((feed.Inputs, feed.Targets), known = new CpuFeed<T>(Locate(feed.Inputs), Locate(feed.Targets), _session.Pool.Threads));
        _fed = (known, feed.Batch);
        try
        {
            Run(settings);
        }
        finally
        {
            _fed = null;
        }
    }

    /// <inheritdoc/>
    public override void Run(in RunSettings settings)
    {
        _settings = settings;
        foreach (CpuWave<T>[] waves in _waves)
            foreach (CpuWave<T> wave in waves) wave.Restart();
        _session.Pool.Run(this);
    }

    /// <inheritdoc/>
    public void Execute(int worker)
    {
        T* scratch = _scratch[worker].Pointer<T>();
        RunSettings settings = _settings;
        if (_fed is var (feed, batch))
        {
            feed.Read(worker, batch);
            _session.Pool.Barrier(worker);
        }
        for (int p = 0; p < _waves.Length; p++)
        {
            Phase phase = Program.Phases[p];
            if (phase.OnlyFirstBatch && !settings.IsFirstBatch) continue;
            for (int round = 0; round < phase.Repeats; round++)
            {
                var context = new StepContext(phase.FirstStep + round * phase.StepsPerRound,
                    settings.UpdatesBefore + phase.FirstUpdate + (long)round * phase.UpdatesPerRound, settings);
                foreach (CpuWave<T> wave in _waves[p])
                {
                    wave.Run(worker, round, context, scratch);
                    // All of this wave's writes are visible to all workers before any of the next wave reads.
                    _session.Pool.Barrier(worker);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _arena.Dispose();
        foreach (NativeArena scratch in _scratch) scratch.Dispose();
    }

    private void WriteConstants()
    {
        foreach (PlanBuffer buffer in Program.Buffers)
        {
            if (buffer.Constant is not { } numbers) continue;
            Matrix<T> matrix = Locate(buffer);
            for (int c = 0; c < matrix.Columns; c++) *matrix.At(0, c) = T.CreateTruncating(numbers[c]);
        }
    }

    private CpuTask<T> Make(PlanTask task) => task switch
    {
        ForwardTask forward => new ForwardCpuTask<T>(forward, this),
        OpForwardTask { Call.Node.Op: Conv2dOp } convolution => new ConvolutionForwardCpuTask<T>(convolution, this),
        OpBackwardTask { Call.Node.Op: Conv2dOp } convolution => new ConvolutionBackwardCpuTask<T>(convolution, this),
        OpLearnTask { Owner.Op: Conv2dOp } convolution => new ConvolutionLearnCpuTask<T>(convolution, this),
        OpForwardTask op => new OpForwardCpuTask<T>(op, this),
        OpBackwardTask op => new OpBackwardCpuTask<T>(op, this),
        OpLearnTask op => new OpLearnCpuTask<T>(op, this),
        DualForwardTask dual => new DualForwardCpuTask<T>(dual, this),
        GatherDeltaTask gathered => new GatherDeltaCpuTask<T>(gathered, this),
        GramTask gram => new GramCpuTask<T>(gram, this),
        ElementwiseTask elementwise => new ElementwiseCpuTask<T>(elementwise, this),
        ErrorTask error => new ErrorCpuTask<T>(error, this),
        GatherTask gather => new GatherCpuTask<T>(gather, this),
        LearnTask learn => new LearnCpuTask<T>(learn, this),
        LearnForwardTask both => new LearnForwardCpuTask<T>(both, this),
        UpdateTask update => new UpdateCpuTask<T>(update, this),
        EnergyTask energy => new EnergyCpuTask<T>(energy, this),
        ClipTask clip => new ClipCpuTask<T>(clip, this),
        DiscountTask discount => new DiscountCpuTask<T>(discount, this),
        FillTask fill => new FillCpuTask<T>(fill, this),
        RandomTask random => new RandomCpuTask<T>(random, this),
        PrecisionTask precision => new PrecisionCpuTask<T>(precision, this),
        PrecisionGradientTask gradient => new PrecisionGradientCpuTask<T>(gradient, this),
        _ => throw new NotSupportedException($"the cpu has no kernel for '{task}'"),
    };
}
