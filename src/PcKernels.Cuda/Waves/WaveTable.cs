using System.Runtime.InteropServices;
using PcKernels.Cuda.Interop.Cublas;
using PcKernels.Cuda.Resident;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Waves;

/// <summary>Tiles that run in one launch.</summary>
/// <param name="FirstTile">The first in the table.</param>
/// <param name="Tiles">How many: one block each; none where cuBLAS does the whole wave.</param>
/// <param name="Before">What cuBLAS does before it.</param>
internal readonly record struct WaveLaunch(int FirstTile, int Tiles, IReadOnlyList<LibraryProduct> Before);

/// <summary>A launch at its place in a batch; <c>Stage</c> of native/include/pck/wave/loop.cuh.</summary>
/// <param name="FirstTile">The first in the table.</param>
/// <param name="Tiles">How many.</param>
/// <param name="EnergyRow">The row of the trace of the round's first step.</param>
/// <param name="Update">The round's first update, from 0 in the batch.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DeviceStage(int FirstTile, int Tiles, int EnergyRow, int Update);

/// <summary>A program as tables of tiles, tasks and operands, and the launches of each phase's round.</summary>
/// <remarks>
/// A wave is one launch; more only where something has to be known of all tiles first: where gradients are clipped, and in some ops. cuBLAS, where it takes products, comes before
/// a launch.
/// </remarks>
internal sealed class WaveTable
{
    private readonly Program _program;
    private readonly List<DeviceTask> _tasks = [];
    private readonly List<DeviceOperand> _operands = [];
    private readonly List<DeviceTile> _tiles = [];

    public WaveTable(Program program, Func<PlanBuffer?, DeviceView> locate, Func<long, ulong> scratch, TileChoice choice, int elementBytes, long? cublasFrom = null)
    {
        _program = program;
        CublasFrom = cublasFrom;
        Energies = new EnergyLayout(program);
        var passing = new WaveScratch(scratch);
        Launches = [.. program.Phases.Select(phase => phase.Waves.SelectMany(Write).ToArray())];

        IEnumerable<WaveLaunch> Write(Wave wave)
        {
            var writer = new TaskWriter(this, locate, scratch, passing, choice, elementBytes);
            return this.Write(wave, writer, cublasFrom is { } least ? new LibraryTasks(this, writer, locate, passing, elementBytes, least) : null);
        }
    }

    /// <summary>The least multiply-adds of a product that cuBLAS takes; null: it takes none.</summary>
    public long? CublasFrom { get; }

    /// <summary>All products that cuBLAS does, each once however often its round is.</summary>
    public IEnumerable<LibraryProduct> Products => Launches.SelectMany(static phase => phase).SelectMany(static l => l.Before);

    /// <summary>Where the partial sums of energies lie.</summary>
    public EnergyLayout Energies { get; }

    /// <summary>Whether the program has ops that only the kernels of graphs know.</summary>
    public bool HasOps { get; private set; }

    /// <summary>Launches of one round, by phase.</summary>
    public IReadOnlyList<WaveLaunch[]> Launches { get; }

    public ReadOnlySpan<DeviceTask> Tasks => CollectionsMarshal.AsSpan(_tasks);

    public ReadOnlySpan<DeviceOperand> Operands => CollectionsMarshal.AsSpan(_operands);

    public ReadOnlySpan<DeviceTile> Tiles => CollectionsMarshal.AsSpan(_tiles);

    /// <summary>All launches of a batch in order.</summary>
    /// <param name="isFirstBatch">Whether phases of the first batch belong to it.</param>
    public IEnumerable<DeviceStage> Stages(bool isFirstBatch) => Steps(isFirstBatch).Where(static s => s.Stage.Tiles > 0).Select(static s => s.Stage);

    /// <summary>All launches of a batch in order, with what cuBLAS does before each; one without tiles is for that alone.</summary>
    /// <param name="isFirstBatch">Whether phases of the first batch belong to it.</param>
    public IEnumerable<WaveStep> Steps(bool isFirstBatch) =>
        from phase in Enumerable.Range(0, _program.Phases.Count)
        where isFirstBatch || !_program.Phases[phase].OnlyFirstBatch
        from step in Steps(phase)
        select step;

    /// <summary>Those of one phase, all rounds.</summary>
    public IEnumerable<WaveStep> Steps(int phase) =>
        from round in Enumerable.Range(0, _program.Phases[phase].Repeats)
        let at = _program.Phases[phase]
        from launch in Launches[phase]
        select new WaveStep(new DeviceStage(launch.FirstTile, launch.Tiles, at.FirstStep + round * at.StepsPerRound, at.FirstUpdate + round * at.UpdatesPerRound), launch.Before);

    /// <summary>Adds a task and says its number.</summary>
    public int Add(in DeviceTask task)
    {
        _tasks.Add(task);
        return _tasks.Count - 1;
    }

    /// <summary>Adds the operands of a task and says where they begin.</summary>
    public int Add(IEnumerable<DeviceOperand> operands)
    {
        int first = _operands.Count;
        _operands.AddRange(operands);
        return first;
    }

    private IEnumerable<WaveLaunch> Write(Wave wave, TaskWriter writer, LibraryTasks? library)
    {
        writer.Begin(wave.Tasks);
        foreach (PlanTask task in wave.Tasks)
            if (library?.Write(task) != true) writer.Write(task);
        HasOps |= writer.HasOps;
        foreach ((List<TileRun> stage, List<LibraryProduct> products) in writer.Stages.Zip<List<TileRun>, List<LibraryProduct>>([library?.Now ?? [], library?.Later ?? [], []]))
        {
            if (stage.Count == 0 && products.Count == 0) continue;
            int first = _tiles.Count;
            // The longest first: what begins last then ends soon.
            foreach (TileRun run in stage.OrderByDescending(static r => r.CostPerTile)) _tiles.AddRange(run.Tiles);
            yield return new WaveLaunch(first, _tiles.Count - first, products);
        }
    }
}

/// <summary>A launch of a batch.</summary>
/// <param name="Stage">The launch; without tiles there is none.</param>
/// <param name="Before">What cuBLAS does before it.</param>
internal readonly record struct WaveStep(DeviceStage Stage, IReadOnlyList<LibraryProduct> Before);

/// <summary>The tiles of one task.</summary>
/// <param name="CostPerTile">Work of one tile in about one multiply-add.</param>
/// <param name="Tiles">The tiles.</param>
internal sealed record TileRun(double CostPerTile, IReadOnlyList<DeviceTile> Tiles);

/// <summary>The trace of energies as tiles write it: per row the partial sums of each vertex, side by side.</summary>
internal sealed class EnergyLayout
{
    private const int MostPartials = 64;
    private const int LeastElements = 4096;

    private readonly (int First, int Count)[] _slots;

    public EnergyLayout(Program program)
    {
        _slots = new (int, int)[program.EnergySlots.Count];
        foreach ((_, _, PlanTask task) in program.Tasks())
            if (task is EnergyTask energy) _slots[energy.Slot].Count = Math.Max(Partials(energy.Rows, energy.Columns), ResidentShape.Blocks(energy.Columns));
        int first = 0;
        for (int i = 0; i < _slots.Length; i++)
        {
            _slots[i].First = first;
            first += _slots[i].Count;
        }
        Stride = first;
    }

    /// <summary>Partial sums in a row.</summary>
    public int Stride { get; }

    /// <summary>The first partial sum of a vertex in its row.</summary>
    public int First(int slot) => _slots[slot].First;

    /// <summary>Rows of a matrix that one tile sums.</summary>
    public static int RowsPerTile(int rows, int columns) => Math.Max(Math.Max(TileShape.Across(rows, MostPartials), LeastElements / columns), 4);

    /// <summary>Tiles of a matrix.</summary>
    public static int Partials(int rows, int columns) => TileShape.Across(rows, RowsPerTile(rows, columns));

    /// <summary>Adds the partial sums of all vertices, each in order.</summary>
    /// <param name="partials"><c>[rows, Stride]</c>.</param>
    /// <param name="energies"><c>[rows, slots]</c>.</param>
    public void Sum(ReadOnlySpan<double> partials, Span<double> energies)
    {
        for (int i = 0; i < energies.Length; i++)
        {
            (int first, int count) = _slots[i % _slots.Length];
            double sum = 0;
            foreach (double partial in partials.Slice(i / _slots.Length * Stride + first, count)) sum += partial;
            energies[i] = sum;
        }
    }
}
