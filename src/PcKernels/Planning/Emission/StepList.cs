using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Emission;

/// <summary>The tasks of one step as written.</summary>
/// <param name="Kind">What the step is for.</param>
/// <param name="Row">Row of the energy trace.</param>
/// <param name="Tasks">Tasks in an order that would be right one after another.</param>
/// <param name="FirstUpdate">The first move of θ written in it.</param>
/// <param name="Updates">Moves of θ captured in it.</param>
/// <param name="OnlyFirstBatch">Whether later batches skip it.</param>
internal sealed record WrittenStep(PhaseKind Kind, int Row, IReadOnlyList<PlanTask> Tasks, int FirstUpdate, int Updates, bool OnlyFirstBatch);

/// <summary>Folds equal steps that follow one another into a repeated body.</summary>
internal static class StepFolder
{
    public static IReadOnlyList<Phase> Fold(IReadOnlyList<WrittenStep> steps)
    {
        string[] signatures = [.. steps.Select(static s => $"{s.Kind} {s.Updates} {string.Join('\n', s.Tasks.Select(static t => t.Signature))}")];
        IReadOnlyList<Wave>[] waves = [.. steps.Select(static s => WaveScheduler.Schedule(s.Tasks))];
        var phases = new List<Phase>();
        for (int at = 0; at < steps.Count;)
        {
            (int period, int repeats) = steps[at].Kind == PhaseKind.Steps ? LongestRepeat(signatures, at) : (1, 1);
            phases.Add(Join(steps, waves, at, period, repeats));
            at += period * repeats;
        }
        return [.. phases.Where(static p => p.Waves.Count > 0)];
    }

    private static (int Period, int Repeats) LongestRepeat(string[] signatures, int at)
    {
        (int Period, int Repeats) best = (1, 1);
        for (int period = 1; at + 2 * period <= signatures.Length; period++)
        {
            int repeats = 1;
            while (at + (repeats + 1) * period <= signatures.Length && SameRound(signatures, at, at + repeats * period, period)) repeats++;
            if (repeats > 1 && period * repeats > best.Period * best.Repeats) best = (period, repeats);
        }
        return best;
    }

    private static bool SameRound(string[] signatures, int a, int b, int period)
    {
        for (int i = 0; i < period; i++)
            if (signatures[a + i] != signatures[b + i]) return false;
        return true;
    }

    private static Phase Join(IReadOnlyList<WrittenStep> steps, IReadOnlyList<Wave>[] waves, int at, int period, int repeats)
    {
        WrittenStep first = steps[at];
        var joined = new List<Wave>();
        int updates = 0;
        for (int i = 0; i < period; i++)
        {
            // What a step writes may have been captured in the one before, so the numbers of its own moves count.
            int step = i, before = steps[at + i].FirstUpdate - first.FirstUpdate;
            joined.AddRange(waves[at + i].Select(w => new Wave([.. w.Tasks.Select(t => Shift(t, step, before))])));
            updates += steps[at + i].Updates;
        }
        int last = first.Row + period * repeats - 1;
        string name = first.Kind switch
        {
            PhaseKind.Start => "start",
            PhaseKind.Finish => "finish",
            _ => last == first.Row ? $"step {first.Row}" : $"steps {first.Row}…{last}",
        };
        return new Phase(name, first.Kind, joined, repeats, first.Row, period, first.FirstUpdate, updates, first.OnlyFirstBatch);
    }

    private static PlanTask Shift(PlanTask task, int step, int updates) => task switch
    {
        LearnForwardTask both => both with { StepOffset = step, Learn = (LearnTask)Shift(both.Learn, step, updates) },
        LearnTask learn => learn with
        {
            StepOffset = step,
            WeightUpdate = learn.WeightUpdate is null ? null : (UpdateTask)Shift(learn.WeightUpdate, step, updates),
            BiasUpdate = learn.BiasUpdate is null ? null : (UpdateTask)Shift(learn.BiasUpdate, step, updates),
        },
        UpdateTask update => update with { StepOffset = step, UpdateOffset = update.UpdateOffset + updates },
        _ => task with { StepOffset = step },
    };
}
