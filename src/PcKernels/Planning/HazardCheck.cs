using PcKernels.Planning.Memory;
using PcKernels.Planning.Tasks;

namespace PcKernels.Planning;

/// <summary>Checks what a wave promises: no task reads or writes what another of the same wave writes, and nobody reads what another buffer in the same memory has overwritten.</summary>
public static class HazardCheck
{
    /// <summary>Throws if a promise is broken.</summary>
    /// <exception cref="InvalidOperationException">A hazard; the message names phase, wave, both tasks and the buffer.</exception>
    public static void Verify(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        foreach (Phase phase in program.Phases)
            for (int i = 0; i < phase.Waves.Count; i++) Verify(phase.Waves[i], $"{phase.Name}, wave {i}");
        PlanBuffer[] sorted = [.. program.Buffers.Where(static b => b.IsPersistent).OrderBy(static b => b.Offset)];
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i - 1].Offset + sorted[i - 1].Length > sorted[i].Offset)
                throw new InvalidOperationException($"buffers '{sorted[i - 1]}' and '{sorted[i]}' overlap");
        }
        MemoryCheck.Verify(program);
    }

    private static void Verify(Wave wave, string place)
    {
        var writers = new Dictionary<int, PlanTask>();
        foreach (PlanTask task in wave.Tasks)
        {
            foreach (PlanBuffer written in task.Writes.Distinct())
            {
                if (!writers.TryAdd(written.Id, task))
                    throw new InvalidOperationException($"{place}: '{writers[written.Id]}' and '{task}' both write {written}");
            }
        }
        foreach (PlanTask task in wave.Tasks)
        {
            foreach (PlanBuffer read in task.Reads)
            {
                if (writers.TryGetValue(read.Id, out PlanTask? writer) && writer != task)
                    throw new InvalidOperationException($"{place}: '{task}' reads {read}, which '{writer}' writes");
            }
        }
    }
}
