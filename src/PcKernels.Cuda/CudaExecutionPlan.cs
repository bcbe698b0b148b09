using System.Globalization;
using PcKernels.Cuda.Resident;
using PcKernels.Cuda.Waves;
using PcKernels.Graphs;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda;

/// <summary>What was found about one execution of a program.</summary>
/// <param name="Execution">Which.</param>
/// <param name="IsPossible">Whether the program and the device allow it.</param>
/// <param name="Reason">Why it is not possible, or what speaks for or against it; one line.</param>
/// <param name="Launches">Kernel launches of one batch; 0 where it is not possible.</param>
/// <param name="Waits">How often in a batch work has to wait for other work: launches one after another, barriers across the grid, exchanges between neighbours.</param>
public sealed record CudaExecutionVerdict(CudaExecution Execution, bool IsPossible, string Reason, int Launches, int Waits);

/// <summary>How a program runs within some limits, and why so.</summary>
public sealed class CudaExecutionPlan
{
    // Of the wave and loop kernels, as ptxas has them; on a device the driver is asked.
    private const int LoopRegisters = 168;
    private const int LoopSharedBytes = 46 * 1024;

    private CudaExecutionPlan(CudaExecution execution, IReadOnlyList<CudaExecutionVerdict> verdicts, ResidentSchedule? schedule) =>
        (Execution, Verdicts, Schedule) = (execution, verdicts, schedule);

    /// <summary>The execution that is taken. One that was asked for and is not possible gives way to the next that is.</summary>
    public CudaExecution Execution { get; }

    /// <summary>All executions, the preferred first.</summary>
    public IReadOnlyList<CudaExecutionVerdict> Verdicts { get; }

    /// <summary>The program as the resident kernel runs it, where it can.</summary>
    internal ResidentSchedule? Schedule { get; }

    /// <summary>Chooses.</summary>
    /// <param name="program">What is to run.</param>
    /// <param name="dtype">Its element type, f32 or f64.</param>
    /// <param name="limits">What the device has room for.</param>
    /// <param name="wanted">An execution that is asked for; <see cref="CudaExecution.Auto"/> leaves the choice.</param>
    /// <param name="math">How products round their operands.</param>
    /// <param name="cublasFrom">The least multiply-adds of a product that cuBLAS takes; null: it takes none.</param>
    /// <exception cref="InputException">The kernels do not know one of the program's tasks.</exception>
    public static CudaExecutionPlan Of(Program program, DType dtype, CudaLimits limits, CudaExecution wanted = CudaExecution.Auto, CudaMath math = CudaMath.Exact,
        long? cublasFrom = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(limits);
        var choice = new TileChoice(limits.Multiprocessors, dtype == DType.F32);
        WaveTable table = Table(program, choice, dtype, cublasFrom);
        return Of(program, dtype, limits, wanted, math, table, () => LoopBlocks(limits),
            _ => Fit(limits, ResidentShape.SharedBytes(ResidentShape.Samples(program.Options.Batch), math)));
    }

    internal static CudaExecutionPlan Of(Program program, DType dtype, CudaLimits limits, CudaExecution wanted, CudaMath math, WaveTable table, Func<int> loopBlocks,
        Func<ResidentSchedule, (int Blocks, int SharedBytes)> residentFit)
    {
        int launches = table.Stages(true).Count();
        if (table.HasOps && math != CudaMath.Exact)
            throw new InputException($"--math {math.ToString().ToLowerInvariant()}: only products of linear layers are rounded, and the program has {OpOf(program)}; use --math f32");
        CudaExecutionVerdict waves = Waves(program, table, launches);
        if (wanted == CudaExecution.Waves || launches == 0)
            return new CudaExecutionPlan(CudaExecution.Waves, [waves], null);
        if (table.HasOps)
        {
            string ops = $"it knows no op but linear layers, sums and activations, and the program has {OpOf(program)}";
            return new CudaExecutionPlan(CudaExecution.Waves, [Not(CudaExecution.Resident, ops), Not(CudaExecution.Cooperative, ops), waves], null);
        }
        if (table.Products.Any())
        {
            const string apart = "products by cuBLAS are launches of their own";
            return new CudaExecutionPlan(CudaExecution.Waves, [Not(CudaExecution.Resident, apart), Not(CudaExecution.Cooperative, apart), waves], null);
        }
        (CudaExecutionVerdict resident, ResidentSchedule? schedule) = Resident(program, dtype, limits, math, table, residentFit);
        bool isResident = resident.IsPossible && wanted != CudaExecution.Cooperative;
        // To ask the loop's kernel it has to be there, which NVRTC may have to make first: not for one that will not run.
        int widest = table.Stages(true).Max(static s => s.Tiles), blocks = !limits.LaunchesCooperatively ? 0 : isResident ? LoopBlocks(limits) : loopBlocks();
        CudaExecutionVerdict cooperative = Cooperative(limits, widest, blocks, launches);
        CudaExecution best = isResident ? CudaExecution.Resident
            : cooperative.IsPossible && (widest <= blocks || wanted != CudaExecution.Auto) ? CudaExecution.Cooperative : CudaExecution.Waves;
        return new CudaExecutionPlan(best, [resident, cooperative, waves], schedule);
    }

    /// <summary>Least times of a batch in seconds, whatever the execution: of its products, and of reading and writing what the caches cannot hold.</summary>
    /// <param name="program">The program.</param>
    /// <param name="dtype">Its element type.</param>
    /// <param name="limits">Rates, bandwidth and the size of the level-2 cache.</param>
    /// <param name="math">How products round their operands, which says on what units they run.</param>
    /// <remarks>By the limits' published figures; nothing is measured. Where all of the program fits the level-2 cache its traffic is left out.</remarks>
    public static (double Products, double Traffic) Floors(Program program, DType dtype, CudaLimits limits, CudaMath math = CudaMath.Exact)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(limits);
        double flop = program.Phases.Sum(static p => (double)p.Repeats * p.Waves.Sum(static w => w.Flop));
        double bytes = program.Phases.Sum(p => (double)p.Repeats * p.Waves.Sum(w => w.Tasks.Sum(t => t.Bytes(dtype.Size()))));
        long held = (program.ArenaLength + program.Buffers.Where(static b => b.IsPersistent).Sum(static b => b.Length)) * dtype.Size();
        return (flop / limits.ProductFlopPerSecond(dtype, math), held <= limits.L2Bytes ? 0 : bytes / limits.MemoryBytesPerSecond);
    }

    /// <summary>The name on the command line.</summary>
    public static string Name(CudaExecution execution) => execution.ToString().ToLowerInvariant();

    // Addresses are not asked for: there may be no device.
    private static WaveTable Table(Program program, TileChoice choice, DType dtype, long? cublasFrom)
    {
        try
        {
            return new WaveTable(program, static b => b is null ? default : new DeviceView(1, b.Stride, b.Columns), static _ => 1, choice, dtype.Size(), cublasFrom);
        }
        catch (NotSupportedException error)
        {
            throw new InputException($"--device cuda: {error.Message}; use --device cpu");
        }
    }

    // The first, by name.
    private static string OpOf(Program program) => program.Tasks().Select(static t => t.Task switch
    {
        OpForwardTask forward => forward.Call.Node,
        OpBackwardTask backward => backward.Call.Node,
        OpLearnTask learn => learn.Owner,
        _ => (Node?)null,
    }).First(static n => n is not null) is { } node ? $"'{node.Name}', {node.Op.Name}" : "";

    private static CudaExecutionVerdict Waves(Program program, WaveTable table, int launches)
    {
        const string general = "the general path: one graph of launches";
        if (table.CublasFrom is not { } from) return new(CudaExecution.Waves, true, general, launches, launches);
        int calls = table.Steps(true).Sum(static s => s.Before.Count), all = program.Phases.Sum(static p => p.Repeats * p.Waves.Sum(static w => w.Products + w.GradientProducts));
        string who = calls == 0 ? string.Create(CultureInfo.InvariantCulture, $"no product has the {from:N0} multiply-adds from which cuBLAS takes it")
            : string.Create(CultureInfo.InvariantCulture, $"cuBLAS does {calls:N0} of {all:N0} products, those of {from:N0} multiply-adds and more, each a launch");
        return new(CudaExecution.Waves, true, $"{general}; {who}", launches + calls, launches + calls);
    }

    private static (CudaExecutionVerdict, ResidentSchedule?) Resident(Program program, DType dtype, CudaLimits limits, CudaMath math, WaveTable table,
        Func<ResidentSchedule, (int Blocks, int SharedBytes)> residentFit)
    {
        if (!ResidentShape.Has(math)) return (Not(CudaExecution.Resident, $"it rounds products to tf32 or not at all, not to {math.ToString().ToLowerInvariant()}"), null);
        if (dtype != DType.F32) return (Not(CudaExecution.Resident, $"it computes in f32, not {dtype.ToString().ToLowerInvariant()}"), null);
        if (!limits.LaunchesCooperatively) return (Not(CudaExecution.Resident, $"{limits.Name} has no cooperative launches"), null);
        (ResidentSchedule? schedule, string reason) = ResidentSchedule.Of(program);
        if (schedule is null) return (Not(CudaExecution.Resident, reason), null);
        (int fit, int shared) = residentFit(schedule);
        string needs = $"{schedule.Blocks} blocks of {shared} bytes of shared memory, {ResidentShape.Rows} units each; {fit} are resident at once on {limits.Name}";
        if (schedule.Blocks > fit) return (Not(CudaExecution.Resident, $"it takes {needs}"), null);
        int start = program.Phases.Index().Where(static p => ResidentSchedule.Needs(p.Item)).Sum(p => table.Steps(p.Index).Count());
        string moments = schedule.Layers.Any(static l => l.WeightUpdate is not null) ? "; the optimiser's moments lie in memory and pass by in every update" : "";
        return (new CudaExecutionVerdict(CudaExecution.Resident, true, $"the weights stay on the chip in {needs}{moments}", start + 1, start + 2 * schedule.Steps.Count), schedule);
    }

    // By what the kernels that ship may take: there may be no device to ask.
    private static int LoopBlocks(CudaLimits limits) => limits.Multiprocessors * limits.ResidentBlocks(WaveBuffers.Threads, LoopRegisters, LoopSharedBytes);

    private static (int Blocks, int SharedBytes) Fit(CudaLimits limits, int shared) =>
        (limits.Multiprocessors * limits.ResidentBlocks(ResidentShape.Threads, ResidentShape.Registers, shared + ResidentShape.StaticSharedBytes), shared);

    private static CudaExecutionVerdict Cooperative(CudaLimits limits, int widest, int blocks, int stages)
    {
        if (!limits.LaunchesCooperatively) return Not(CudaExecution.Cooperative, $"{limits.Name} has no cooperative launches");
        if (blocks == 0) return Not(CudaExecution.Cooperative, $"not one block of the loop fits a multiprocessor of {limits.Name}");
        string reason = widest <= blocks ? $"the widest wave's {widest} tiles are resident at once ({blocks} blocks fit), so a barrier takes a launch's place"
            : $"the widest wave has {widest} tiles and only {blocks} blocks are resident at once: launches deal tiles out better than the loop does";
        return new CudaExecutionVerdict(CudaExecution.Cooperative, true, reason, 1, stages - 1);
    }

    private static CudaExecutionVerdict Not(CudaExecution execution, string reason) => new(execution, false, reason, 0, 0);
}
