using FsCheck;
using FsCheck.Fluent;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Tests.Planning;

public sealed class WaveSchedulerTests
{
    private static readonly PlanBuffer[] s_buffers = [.. Enumerable.Range(0, 8).Select(static i => new PlanBuffer(i, $"b{i}", BufferRole.Value, 1, 1, i * 16))];

    private sealed record Made(int Number, PlanBuffer[] From, PlanBuffer[] To) : PlanTask
    {
        public override string Label => $"task {Number}";

        public override IEnumerable<PlanBuffer> Reads => From;

        public override IEnumerable<PlanBuffer> Writes => To;
    }

    [Fact]
    public void Every_dependency_is_kept_and_no_task_could_be_earlier() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), static seed =>
        {
            Made[] tasks = Draw(new Random(seed));
            IReadOnlyList<Wave> waves = WaveScheduler.Schedule(tasks);
            var waveOf = waves.Index().SelectMany(static w => w.Item.Tasks.Select(t => (t, w.Index))).ToDictionary(static p => ((Made)p.t).Number, static p => p.Index);
            Assert.Equal(tasks.Length, waveOf.Count);
            for (int j = 0; j < tasks.Length; j++)
            {
                // The earliest wave is the one after the last that holds a conflict with a task written before.
                int[] before = [.. Enumerable.Range(0, j).Where(i => Conflict(tasks[i], tasks[j])).Select(i => waveOf[i])];
                Assert.Equal(before.Length == 0 ? 0 : before.Max() + 1, waveOf[j]);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void No_task_makes_no_wave() => Assert.Empty(WaveScheduler.Schedule([]));

    private static bool Conflict(Made a, Made b) => a.To.Intersect(b.From.Concat(b.To)).Any() || a.From.Intersect(b.To).Any();

    private static Made[] Draw(Random random) =>
        [.. Enumerable.Range(0, random.Next(1, 25)).Select(i => new Made(i, Pick(random, 3), Pick(random, 2)))];

    private static PlanBuffer[] Pick(Random random, int most) =>
        [.. Enumerable.Range(0, random.Next(0, most + 1)).Select(_ => s_buffers[random.Next(s_buffers.Length)])];
}
