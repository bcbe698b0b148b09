using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Tests.Planning;

/// <summary>Runs a program symbolically over several batches in memory where buffers overlap, or each in a place of its own: equal results mean that nobody has read what another buffer overwrote.</summary>
internal sealed class MemoryReplay(Program program, bool apart)
{
    private const int Batches = 3, MostRounds = 3, WordElements = 16;
    private readonly Dictionary<long, ulong> _words = [];

    /// <summary>What the results hold after each batch.</summary>
    public static ulong[] Run(Program program, bool apart) => [.. new MemoryReplay(program, apart).Results()];

    private IEnumerable<ulong> Results()
    {
        for (int batch = 0; batch < Batches; batch++)
        {
            // The host writes inputs twice; the last batch finds them still there.
            foreach (PlanBuffer buffer in program.Buffers.Where(b => (b.Constant is not null && batch == 0) || (b.Role == BufferRole.Clamped && batch < Batches - 1))) Hold(buffer, (ulong)buffer.Id + 1);
            foreach (Phase phase in program.Phases.Where(p => batch == 0 || !p.OnlyFirstBatch))
                for (int round = 0; round < Math.Min(MostRounds, phase.Repeats); round++)
                    foreach (Wave wave in phase.Waves) Do(wave, batch * MostRounds + round);
            foreach (PlanBuffer result in program.Results.Values) yield return Held(result);
        }
    }

    // All of a wave's tasks at one moment.
    private void Do(Wave wave, int time)
    {
        (PlanTask Task, ulong Made)[] done = [.. wave.Tasks.Select(task => (task, task.Reads.Aggregate(Mix((ulong)time, (ulong)task.Label.GetHashCode(StringComparison.Ordinal)), (sum, b) => Mix(sum, Held(b)))))];
        foreach ((PlanTask task, ulong made) in done)
            foreach (PlanBuffer written in task.Writes) Hold(written, Mix(made, (ulong)written.Id));
    }

    private IEnumerable<long> Words(PlanBuffer buffer)
    {
        long first = apart || buffer.IsPersistent ? -((long)buffer.Id + 1) * int.MaxValue : buffer.Offset / WordElements;
        for (long word = 0; word < buffer.Length / WordElements; word++) yield return first + word;
    }

    private ulong Held(PlanBuffer buffer) => Words(buffer).Aggregate(0UL, (sum, word) => Mix(sum, _words.GetValueOrDefault(word)));

    private void Hold(PlanBuffer buffer, ulong what)
    {
        foreach (long word in Words(buffer)) _words[word] = what;
    }

    private static ulong Mix(ulong a, ulong b) => unchecked((a ^ (b + 0x9E3779B97F4A7C15 + (a << 6) + (a >> 2))) * 0xBF58476D1CE4E5B9);
}
