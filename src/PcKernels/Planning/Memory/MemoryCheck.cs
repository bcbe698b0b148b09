using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Memory;

/// <summary>
/// Checks where buffers were placed by walking through two batches, each loop twice: nobody may read what another buffer has overwritten. The host writes the clamped buffers before a batch,
/// but need not do so again.
/// </summary>
internal static class MemoryCheck
{
    private const int Rounds = 2;

    /// <summary>Throws if a buffer's contents are gone when they are read.</summary>
    /// <exception cref="InvalidOperationException">They are; the message names the task and both buffers.</exception>
    public static void Verify(Program program)
    {
        PlanBuffer[] own = [.. program.Buffers.Where(static b => !b.IsPersistent)];
        var sharers = own.ToDictionary(static b => b.Id, static _ => new List<PlanBuffer>());
        foreach ((PlanBuffer a, PlanBuffer b) in Overlaps(own))
        {
            sharers[a.Id].Add(b);
            sharers[b.Id].Add(a);
        }
        var lost = new Dictionary<int, PlanBuffer>();
        for (int batch = 0; batch < Rounds; batch++)
        {
            foreach (PlanBuffer given in own.Where(b => b.Role == BufferRole.Clamped || (b.Constant is not null && batch == 0)))
                foreach (PlanBuffer other in sharers[given.Id]) lost[other.Id] = given;
            foreach (Phase phase in program.Phases)
            {
                if (phase.OnlyFirstBatch && batch > 0) continue;
                for (int round = 0; round < Math.Min(Rounds, phase.Repeats); round++)
                    foreach (Wave wave in phase.Waves) Verify(wave, sharers, lost);
            }
            foreach (PlanBuffer result in program.Results.Values)
                if (lost.TryGetValue(result.Id, out PlanBuffer? other)) throw new InvalidOperationException($"after a batch '{result}' is overwritten by '{other}'");
        }
    }

    private static void Verify(Wave wave, Dictionary<int, List<PlanBuffer>> sharers, Dictionary<int, PlanBuffer> lost)
    {
        foreach (PlanTask task in wave.Tasks)
            foreach (PlanBuffer read in task.Reads)
                if (lost.TryGetValue(read.Id, out PlanBuffer? other)) throw new InvalidOperationException($"'{task}' reads '{read}', which '{other}' has overwritten");
        var written = new HashSet<int>(wave.Tasks.SelectMany(static t => t.Writes).Select(static b => b.Id));
        var touched = new HashSet<int>(wave.Tasks.SelectMany(static t => t.Reads).Select(static b => b.Id).Concat(written));
        foreach (PlanBuffer buffer in wave.Tasks.SelectMany(static t => t.Writes).Where(static b => !b.IsPersistent))
        {
            lost.Remove(buffer.Id);
            foreach (PlanBuffer other in sharers[buffer.Id])
            {
                if (touched.Contains(other.Id)) throw new InvalidOperationException($"'{buffer}' and '{other}' share memory in one wave");
                lost[other.Id] = buffer;
            }
        }
    }

    private static IEnumerable<(PlanBuffer, PlanBuffer)> Overlaps(PlanBuffer[] own)
    {
        PlanBuffer[] sorted = [.. own.OrderBy(static b => b.Offset)];
        for (int i = 0; i < sorted.Length; i++)
            for (int j = i + 1; j < sorted.Length && sorted[j].Offset < sorted[i].Offset + sorted[i].Length; j++) yield return (sorted[i], sorted[j]);
    }
}
