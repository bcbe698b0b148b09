using System.Collections;
using System.Reflection;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Tests.Planning;

/// <summary>Runs a program symbolically: a buffer holds a hash of all that went into it. Equal final hashes mean equal results.</summary>
internal sealed class ProgramReplay
{
    private readonly Dictionary<long, ulong> _holds = [];

    /// <summary>The trace of energies is no buffer, but what is compared with it depends on it.</summary>
    private const long TraceKey = -1;

    /// <summary>Runs all waves, the tasks inside each in an order that the random numbers choose.</summary>
    public static Dictionary<long, ulong> Run(Program program, Random? order)
    {
        var replay = new ProgramReplay();
        foreach (Phase phase in program.Phases)
            for (int round = 0; round < phase.Repeats; round++)
                foreach (Wave wave in phase.Waves)
                {
                    PlanTask[] tasks = [.. wave.Tasks];
                    order?.Shuffle(tasks);
                    foreach (PlanTask task in tasks) replay.Do(task, round);
                }
        return replay._holds;
    }

    /// <summary>Every buffer that a task holds in any property, found without asking the task.</summary>
    public static HashSet<PlanBuffer> BuffersOf(object? thing)
    {
        var found = new HashSet<PlanBuffer>();
        Collect(thing, found);
        return found;
    }

    private static void Collect(object? thing, HashSet<PlanBuffer> found)
    {
        switch (thing)
        {
            case null or string: return;
            case PlanBuffer buffer: found.Add(buffer); return;
            case IEnumerable list: foreach (object? item in list) Collect(item, found); return;
        }
        Type type = thing.GetType();
        if (type.Namespace is not ("PcKernels.Planning" or "PcKernels.Planning.Tasks")) return;
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            if (property.Name is not ("Reads" or "Writes")) Collect(property.GetValue(thing), found);
    }

    private void Do(PlanTask task, int round)
    {
        var hash = new HashCode();
        hash.Add(task.Label, StringComparer.Ordinal);
        hash.Add(round);
        // Whatever it holds may enter the result, whether it says so or not; what it only writes does not.
        var reads = task.Reads.ToHashSet();
        var writes = task.Writes.ToHashSet();
        foreach (PlanBuffer buffer in BuffersOf(task).Where(b => reads.Contains(b) || !writes.Contains(b)).OrderBy(static b => b.Id)) hash.Add(Held(buffer.Id));
        if (task is DiscountTask) hash.Add(Held(TraceKey));
        ulong result = (uint)hash.ToHashCode();
        foreach (PlanBuffer written in writes) _holds[written.Id] = result * 31 + (ulong)written.Id;
        // Energies of one wave enter the trace in any order.
        if (task is EnergyTask) _holds[TraceKey] = Held(TraceKey) + result;
    }

    private ulong Held(long key) => _holds.GetValueOrDefault(key);
}
