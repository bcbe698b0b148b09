using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Emission;

/// <summary>Joins the moves of vertices to the task that makes the δ which alone moves them (vertices that are added, say): a wave and a pass through memory less, and the same bits.</summary>
internal static class MoveFusion
{
    /// <summary>The tasks of a step with moves joined, in an order that would be right one after another; as they were where that would take more waves.</summary>
    public static IReadOnlyList<PlanTask> Join(IReadOnlyList<PlanTask> tasks)
    {
        var joined = new List<PlanTask>(tasks);
        for (int at = 0; at < joined.Count; at++)
        {
            if (joined[at] is not GatherTask { Settle: null, Delta: { } delta } link) continue;
            var followers = new List<GatherTask>();
            for (int i = at + 1; i < joined.Count && !joined[i].Writes.Contains(delta); i++)
            {
                if (joined[i] is not GatherTask move || !Follows(move, delta) || !IsFree(move, joined, at + 1, i) || followers.Any(f => Disturb(f, move))) continue;
                followers.Add(move);
                joined.RemoveAt(i--);
            }
            if (followers.Count > 0) joined[at] = link with { Followers = followers };
        }
        return joined.Count == tasks.Count || WaveScheduler.Schedule(joined).Count > WaveScheduler.Schedule(tasks).Count ? tasks : joined;
    }

    private static bool Follows(GatherTask move, PlanBuffer delta) =>
        move is { Settle.NewValue: { } value, Terms: [{ Weight: null, InnerDerivative: null } only] } && only.Delta == delta && (value.Rows, value.Columns) == (delta.Rows, delta.Columns);

    /// <summary>Whether a task may go before all in a range.</summary>
    private static bool IsFree(PlanTask task, List<PlanTask> tasks, int from, int to)
    {
        for (int i = from; i < to; i++)
            if (Disturb(tasks[i], task)) return false;
        return true;
    }

    private static bool Disturb(PlanTask a, PlanTask b) =>
        a.Writes.Intersect(b.Reads.Concat(b.Writes)).Any() || a.Reads.Intersect(b.Writes).Any();
}
