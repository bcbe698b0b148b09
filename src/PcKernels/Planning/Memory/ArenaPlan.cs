namespace PcKernels.Planning.Memory;

/// <summary>Places a program's buffers so that those never needed at the same time share memory.</summary>
/// <remarks>
/// Kernels may load the pad behind a row and rely on its zeros, so buffers share memory only where their rows are alike, or where no row has a pad
/// that is ever loaded. Large buffers first, each at the lowest place that is free while it lives. In a program so small that caches hold it, only buffers
/// of one role do: an error in the room of a prediction would find the room's lines in the cache of the core that made or read the prediction.
/// </remarks>
internal static class ArenaPlan
{
    private const int LineElements = 16;

    // Elements of all buffers together.
    private const long Small = 1 << 20;

    /// <summary>Sets the offsets of all buffers that belong to the program.</summary>
    /// <param name="buffers">All buffers.</param>
    /// <param name="phases">The phases.</param>
    /// <param name="kept">Buffers that somebody reads after a run.</param>
    public static void Place(IReadOnlyList<PlanBuffer> buffers, IReadOnlyList<Phase> phases, IReadOnlySet<PlanBuffer> kept)
    {
        Dictionary<int, Lifetime> lifetimes = Lifetime.Of(buffers, phases, kept);
        PlanBuffer[] own = [.. buffers.Where(static b => !b.IsPersistent)];
        bool isSmall = own.Sum(static b => b.Length) <= Small;
        long start = 0;
        foreach (var alike in own.GroupBy(b => (b.Columns % LineElements == 0 ? 0 : b.Columns, isSmall ? b.Role : default)))
        {
            var placed = new List<PlanBuffer>();
            foreach (PlanBuffer buffer in alike.OrderByDescending(static b => b.Length).ThenBy(static b => b.Id))
            {
                buffer.Offset = LowestFree(buffer, placed.Where(p => lifetimes[p.Id].Meets(lifetimes[buffer.Id])), start);
                placed.Add(buffer);
            }
            start = placed.Max(static b => b.Offset + b.Length);
        }
    }

    private static long LowestFree(PlanBuffer buffer, IEnumerable<PlanBuffer> taken, long start)
    {
        long at = start;
        foreach (PlanBuffer other in taken.OrderBy(static b => b.Offset))
        {
            if (other.Offset - at >= buffer.Length) break;
            at = Math.Max(at, other.Offset + other.Length);
        }
        return at;
    }
}
