namespace PcKernels.Planning.Memory;

/// <summary>The waves, counted through all phases once, in which a buffer's contents are needed.</summary>
/// <param name="First">The wave that writes it first.</param>
/// <param name="Last">The last wave that touches it, or the end of the loop that still needs it.</param>
internal readonly record struct Lifetime(int First, int Last)
{
    /// <summary>From the first wave to the last, and between batches.</summary>
    public static Lifetime Whole => new(0, int.MaxValue);

    /// <summary>Whether two buffers may not share memory.</summary>
    public bool Meets(Lifetime other) => First <= other.Last && other.First <= Last;

    /// <summary>The lifetimes of a program's own buffers, by id.</summary>
    /// <param name="buffers">All buffers.</param>
    /// <param name="phases">The phases.</param>
    /// <param name="kept">Buffers that somebody reads after a run.</param>
    public static Dictionary<int, Lifetime> Of(IReadOnlyList<PlanBuffer> buffers, IReadOnlyList<Phase> phases, IReadOnlySet<PlanBuffer> kept)
    {
        var whole = new HashSet<int>(buffers.Where(b => b.Constant is not null || b.Role == BufferRole.Clamped || kept.Contains(b)).Select(static b => b.Id));
        var lifetimes = new Dictionary<int, Lifetime>();
        int start = 0;
        foreach (Phase phase in phases)
        {
            Follow(phase, start, lifetimes, whole);
            start += phase.Waves.Count;
        }
        foreach (int id in whole) lifetimes[id] = Whole;
        // What no task touches is there for the host.
        foreach (PlanBuffer buffer in buffers.Where(b => !b.IsPersistent && !lifetimes.ContainsKey(b.Id))) lifetimes[buffer.Id] = Whole;
        return lifetimes;
    }

    private static void Follow(Phase phase, int start, Dictionary<int, Lifetime> lifetimes, HashSet<int> whole)
    {
        var writtenHere = new HashSet<int>();
        var neededAgain = new HashSet<int>();
        foreach ((int index, Wave wave) in phase.Waves.Index())
        {
            int at = start + index;
            foreach (PlanBuffer read in wave.Tasks.SelectMany(static t => t.Reads).Where(static b => !b.IsPersistent))
            {
                // Read before anything has written it in this batch: it comes from the host or from the batch before.
                if (!lifetimes.TryGetValue(read.Id, out Lifetime known)) whole.Add(read.Id);
                else lifetimes[read.Id] = known with { Last = Math.Max(known.Last, at) };
                if (!writtenHere.Contains(read.Id)) neededAgain.Add(read.Id);
            }
            foreach (PlanBuffer written in wave.Tasks.SelectMany(static t => t.Writes).Where(static b => !b.IsPersistent))
            {
                writtenHere.Add(written.Id);
                // A later batch skips this phase and goes on with what it left.
                if (phase.OnlyFirstBatch) whole.Add(written.Id);
                Lifetime known = lifetimes.GetValueOrDefault(written.Id, new Lifetime(at, at));
                lifetimes[written.Id] = known with { Last = Math.Max(known.Last, at) };
            }
        }
        if (phase.Repeats == 1) return;
        int end = start + phase.Waves.Count - 1;
        foreach (int id in neededAgain)
            if (lifetimes.TryGetValue(id, out Lifetime known)) lifetimes[id] = known with { Last = Math.Max(known.Last, end) };
    }
}
