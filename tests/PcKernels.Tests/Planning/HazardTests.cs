using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Tests.Planning;

public sealed class HazardTests
{
    private static readonly PlanBuffer s_a = new(0, "a", BufferRole.Value, 2, 3, 0), s_b = new(1, "b", BufferRole.Value, 2, 3, s_a.Length);
    private static readonly PlanBuffer s_c = new(2, "c", BufferRole.Value, 2, 3, 2 * s_a.Length);

    private static Program Holding(PlanTask[] wave, params PlanBuffer[] buffers) => new(PlanCases.Chain(2), null, new PlanOptions { Batch = 2 }, buffers,
        [new Phase("steps 0…3", PhaseKind.Steps, [new Wave([]), new Wave(wave)], 4, 0, 1, 0, 0, false)], new Dictionary<string, PlanBuffer>(), 0, [], []);

    [Fact]
    public void Two_writers_of_a_buffer_in_a_wave_are_found() => AssertFound(
        [new MadeTask("p", [s_a], [s_b]), new MadeTask("q", [s_c], [s_b])], "steps 0…3, wave 1: 'p' and 'q' both write b");

    [Fact]
    public void A_reader_of_what_another_writes_is_found() => AssertFound(
        [new MadeTask("p", [s_a], [s_b]), new MadeTask("q", [s_b], [s_c])], "steps 0…3, wave 1: 'q' reads b, which 'p' writes");

    [Fact]
    public void A_reader_before_its_writer_is_found() => AssertFound(
        [new MadeTask("q", [s_b], [s_c]), new MadeTask("p", [s_a], [s_b])], "steps 0…3, wave 1: 'q' reads b, which 'p' writes");

    [Fact]
    public void A_task_may_read_and_write_its_own_buffer_and_share_what_it_reads() =>
        HazardCheck.Verify(Holding([new MadeTask("p", [s_a, s_b], [s_b, s_b]), new MadeTask("q", [s_a], [s_c])], s_a, s_b, s_c));

    [Fact]
    public void Overlapping_parameters_are_found()
    {
        PlanBuffer parameter = s_a with { Role = BufferRole.Parameter }, over = s_b with { Role = BufferRole.State, Offset = s_a.Length - 16 };
        string message = Assert.Throws<InvalidOperationException>(() => HazardCheck.Verify(Holding([], parameter, over, s_c))).Message;
        Assert.Equal("buffers 'a' and 'b' overlap", message);
        HazardCheck.Verify(Holding([], s_a, over, s_c));
    }

    [Fact]
    public void No_program_has_a_hazard()
    {
        foreach (Program program in PlanCases.All) HazardCheck.Verify(program);
    }

    [Fact]
    public void Waves_give_the_same_in_any_order_of_their_tasks()
    {
        foreach (Program program in PlanCases.All)
        {
            Dictionary<long, ulong> expected = ProgramReplay.Run(program, null);
            for (int seed = 0; seed < 3; seed++)
            {
                Dictionary<long, ulong> actual = ProgramReplay.Run(program, new Random(seed));
                Assert.True(expected.Count == actual.Count && expected.All(p => actual[p.Key] == p.Value), PlanCases.Describe(program));
            }
        }
    }

    [Fact]
    public void A_task_says_of_every_buffer_it_holds_that_it_reads_or_writes_it()
    {
        foreach (Program program in PlanCases.All)
            foreach ((_, _, PlanTask task) in program.Tasks())
                Assert.True(ProgramReplay.BuffersOf(task).SetEquals(task.Reads.Concat(task.Writes)), $"{task}: {PlanCases.Describe(program)}");
    }

    private static void AssertFound(PlanTask[] wave, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => HazardCheck.Verify(Holding(wave, s_a, s_b, s_c))).Message);
}
