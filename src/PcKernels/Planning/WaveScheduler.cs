using PcKernels.Planning.Tasks;

namespace PcKernels.Planning;

/// <summary>Puts a list of tasks, written in an order that would be right one after another, into as few waves as their reads and writes allow.</summary>
internal static class WaveScheduler
{
    /// <summary>Each task goes into the earliest wave after all that wrote what it touches and all that read what it writes.</summary>
    public static IReadOnlyList<Wave> Schedule(IReadOnlyList<PlanTask> tasks)
    {
        var lastWrite = new Dictionary<int, int>();
        var lastRead = new Dictionary<int, int>();
        var waves = new List<List<PlanTask>>();
        foreach (PlanTask task in tasks)
        {
            int wave = 0;
            foreach (PlanBuffer read in task.Reads) wave = Math.Max(wave, lastWrite.GetValueOrDefault(read.Id, -1) + 1);
            foreach (PlanBuffer written in task.Writes)
                wave = Math.Max(wave, Math.Max(lastWrite.GetValueOrDefault(written.Id, -1), lastRead.GetValueOrDefault(written.Id, -1)) + 1);
            // The trace of energies is no buffer: what is compared with it comes after all that write it.
            if (task is DiscountTask) wave = Math.Max(wave, waves.FindLastIndex(static w => w.Any(static t => t is EnergyTask)) + 1);
            foreach (PlanBuffer read in task.Reads) lastRead[read.Id] = Math.Max(lastRead.GetValueOrDefault(read.Id, -1), wave);
            foreach (PlanBuffer written in task.Writes) lastWrite[written.Id] = wave;
            while (waves.Count <= wave) waves.Add([]);
            waves[wave].Add(task);
        }
        return [.. waves.Select(static w => new Wave([.. w]))];
    }
}
